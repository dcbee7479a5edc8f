package io.llmrelay;

import static com.tngtech.archunit.base.DescribedPredicate.alwaysTrue;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.belongToAnyOf;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** The rooms and who may know whom. Providers and the coordinator meet on the event bus only. */
@AnalyzeClasses(packages = "io.llmrelay", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

  @ArchTest
  static final ArchRule ARROWS =
      layeredArchitecture()
          .consideringOnlyDependenciesInLayers()
          .layer("cli")
          .definedBy("io.llmrelay.cli..")
          .layer("chaos")
          .definedBy("io.llmrelay.chaos..")
          .layer("gateway")
          .definedBy("io.llmrelay.gateway..")
          .layer("front door")
          .definedBy("io.llmrelay")
          .layer("failover")
          .definedBy("io.llmrelay.failover..")
          .layer("availability")
          .definedBy("io.llmrelay.availability..")
          .layer("provider")
          .definedBy("io.llmrelay.provider..")
          .layer("observe")
          .definedBy("io.llmrelay.observe..")
          .layer("catalog")
          .definedBy("io.llmrelay.catalog..")
          .layer("config")
          .definedBy("io.llmrelay.config..")
          .layer("bus")
          .definedBy("io.llmrelay.bus..")
          .layer("chat")
          .definedBy("io.llmrelay.chat..")
          .layer("sandbox")
          .definedBy("io.llmrelay.sandbox..")
          .whereLayer("cli")
          .mayNotBeAccessedByAnyLayer()
          .whereLayer("chaos")
          .mayOnlyBeAccessedByLayers("cli")
          .whereLayer("sandbox")
          .mayOnlyBeAccessedByLayers("cli", "chaos")
          .whereLayer("gateway")
          .mayNotBeAccessedByAnyLayer()
          .whereLayer("front door")
          .mayOnlyBeAccessedByLayers("cli", "chaos", "gateway")
          .whereLayer("failover")
          .mayNotBeAccessedByAnyLayer()
          .whereLayer("availability")
          .mayOnlyBeAccessedByLayers("failover")
          .whereLayer("provider")
          .mayNotBeAccessedByAnyLayer()
          .whereLayer("observe")
          .mayOnlyBeAccessedByLayers("failover", "availability")
          .whereLayer("catalog")
          .mayOnlyBeAccessedByLayers("failover")
          .whereLayer("config")
          .mayOnlyBeAccessedByLayers(
              "cli", "chaos", "gateway", "front door", "failover", "availability", "provider")
          .whereLayer("bus")
          .mayOnlyBeAccessedByLayers("front door", "failover", "provider", "config")
          .whereLayer("chat")
          .mayOnlyBeAccessedByLayers(
              "cli",
              "chaos",
              "gateway",
              "front door",
              "failover",
              "availability",
              "provider",
              "observe",
              "catalog",
              "config",
              "bus")
          .whereLayer("sandbox")
          .mayNotAccessAnyLayer()
          // The ones that wire the rooms together.
          .ignoreDependency(
              belongToAnyOf(RelayVerticle.class, Lane.class, Crew.class), alwaysTrue());
}
