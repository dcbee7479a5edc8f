package io.llmrelay;

import static com.tngtech.archunit.base.DescribedPredicate.alwaysTrue;
import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.belongToAnyOf;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackages;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.name;
import static com.tngtech.archunit.lang.conditions.ArchConditions.be;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import io.llmrelay.observe.LogLine;
import io.llmrelay.observe.RelayEvent;
import io.llmrelay.observe.RelayListener;
import io.llmrelay.observe.TracingListener;
import io.llmrelay.provider.Dialects;
import io.llmrelay.provider.ProviderVerticle;

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
          .layer("cluster")
          .definedBy("io.llmrelay.cluster..")
          .layer("sandbox")
          .definedBy("io.llmrelay.sandbox..")
          .layer("junit5")
          .definedBy("io.llmrelay.junit5..")
          .whereLayer("cli")
          .mayNotBeAccessedByAnyLayer()
          .whereLayer("junit5")
          .mayNotBeAccessedByAnyLayer()
          .whereLayer("chaos")
          .mayOnlyBeAccessedByLayers("cli")
          .whereLayer("sandbox")
          .mayOnlyBeAccessedByLayers("cli", "chaos", "junit5")
          .whereLayer("gateway")
          .mayOnlyBeAccessedByLayers("cli")
          .whereLayer("front door")
          .mayOnlyBeAccessedByLayers("cli", "chaos", "gateway")
          .whereLayer("failover")
          .mayOnlyBeAccessedByLayers("front door")
          .whereLayer("availability")
          .mayOnlyBeAccessedByLayers("front door", "failover")
          .whereLayer("provider")
          .mayOnlyBeAccessedByLayers("front door")
          .whereLayer("observe")
          .mayOnlyBeAccessedByLayers("cli", "front door", "failover", "availability")
          .whereLayer("catalog")
          .mayOnlyBeAccessedByLayers("cli", "front door", "failover", "config")
          .whereLayer("config")
          .mayOnlyBeAccessedByLayers(
              "cli",
              "chaos",
              "gateway",
              "front door",
              "failover",
              "availability",
              "provider",
              "junit5")
          .whereLayer("bus")
          .mayOnlyBeAccessedByLayers("front door", "failover", "provider")
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
          .whereLayer("cluster")
          .mayOnlyBeAccessedByLayers("front door", "gateway", "availability")
          .whereLayer("cluster")
          .mayNotAccessAnyLayer()
          .whereLayer("sandbox")
          .mayNotAccessAnyLayer();

  /** A client reaches the relay over the event bus, which may be on another node. */
  @ArchTest
  static final ArchRule CLIENTS_KNOW_NO_PART_OF_THE_RELAY =
      noClasses()
          .that()
          .resideInAPackage("io.llmrelay")
          .and(
              not(
                  belongToAnyOf(
                      RelayVerticle.class,
                      Lane.class,
                      Operations.class,
                      ProviderGroup.class,
                      OptionsMapper.class)))
          .should()
          .dependOnClassesThat(
              resideInAnyPackage(
                      "io.llmrelay.failover..",
                      "io.llmrelay.availability..",
                      "io.llmrelay.provider..",
                      "io.llmrelay.observe..",
                      "io.llmrelay.catalog..")
                  .or(
                      belongToAnyOf(
                          RelayVerticle.class,
                          Lane.class,
                          Operations.class,
                          ProviderGroup.class,
                          OptionsMapper.class)));

  /** The package is exported: what is public in it is what applications may call. */
  @ArchTest
  static final ArchRule HOOKS_ARE_WITHOUT_THE_LISTENERS_OF_THE_RELAY =
      classes()
          .that()
          .resideInAPackage("io.llmrelay.observe")
          .and()
          .areTopLevelClasses()
          .and()
          .arePublic()
          .should(
              be(
                  belongToAnyOf(
                      RelayEvent.class,
                      RelayListener.class,
                      LogLine.class,
                      TracingListener.class)));

  private static final String PROVIDER = "io.llmrelay.provider";

  @ArchTest
  static final ArchRule WIRE_KNOWS_NOTHING_OF_OURS =
      noClasses()
          .that()
          .resideInAPackage(PROVIDER + ".wire")
          .should()
          .dependOnClassesThat(
              resideInAPackage("io.llmrelay..").and(resideOutsideOfPackage(PROVIDER + ".wire")));

  @ArchTest
  static final ArchRule ERROR_DEPENDS_ON_WIRE_ONLY =
      noClasses()
          .that()
          .resideInAPackage(PROVIDER + ".error")
          .should()
          .dependOnClassesThat(
              resideInAPackage(PROVIDER + "..")
                  .and(resideOutsideOfPackages(PROVIDER + ".error", PROVIDER + ".wire")));

  /** A dialect writes requests and reads answers; HTTP and the event bus are not its concern. */
  @ArchTest
  static final ArchRule DIALECTS_KNOW_NEITHER_HTTP_NOR_THE_EVENT_BUS =
      noClasses()
          .that()
          .resideInAPackage(PROVIDER + ".*")
          .and()
          .resideOutsideOfPackages(PROVIDER + ".wire", PROVIDER + ".error")
          .should()
          .dependOnClassesThat(
              resideInAnyPackage("io.llmrelay.bus..", "io.vertx.core.http..", PROVIDER + ".error")
                  .or(belongToAnyOf(Dialects.class, ProviderVerticle.class)));

  @ArchTest
  static final ArchRule GATEWAY_SERVER_KNOWS_NO_FRONT =
      noClasses()
          .that()
          .resideInAPackage("io.llmrelay.gateway.server")
          .should()
          .dependOnClassesThat(
              resideInAPackage("io.llmrelay.gateway..")
                  .and(not(resideInAPackage("io.llmrelay.gateway.server"))));

  private static final DescribedPredicate<JavaClass> A_FRONT =
      resideInAPackage("io.llmrelay.gateway.*")
          .and(resideOutsideOfPackages("io.llmrelay.gateway.server", "io.llmrelay.gateway.front"));

  @ArchTest
  static final ArchRule FRONTS_ARE_REGISTERED_IN_ONE_CLASS =
      classes()
          .that(A_FRONT)
          .should()
          .onlyHaveDependentClassesThat(A_FRONT.or(name("io.llmrelay.gateway.Routes")));

  @ArchTest
  static final ArchRule FRONTS_DEPEND_ON_THE_SERVER_ALONE =
      noClasses()
          .that(A_FRONT)
          .should()
          .dependOnClassesThat()
          .resideInAPackage("io.llmrelay.gateway");

  @ArchTest
  static final ArchRule FRONTS_DO_NOT_KNOW_EACH_OTHER =
      slices()
          .matching("io.llmrelay.gateway.(*)..")
          .should()
          .notDependOnEachOther()
          .ignoreDependency(
              alwaysTrue(),
              resideInAnyPackage("io.llmrelay.gateway.server", "io.llmrelay.gateway.front"));

  @ArchTest
  static final ArchRule SANDBOX_DIALECTS_DO_NOT_KNOW_EACH_OTHER =
      slices()
          .matching("io.llmrelay.sandbox.(*)..")
          .should()
          .notDependOnEachOther()
          .ignoreDependency(alwaysTrue(), resideInAPackage("io.llmrelay.sandbox.dialect"));

  @ArchTest
  static final ArchRule SANDBOX_DIALECTS_DO_NOT_KNOW_THE_SANDBOX =
      noClasses()
          .that()
          .resideInAPackage("io.llmrelay.sandbox.*")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("io.llmrelay.sandbox");
}
