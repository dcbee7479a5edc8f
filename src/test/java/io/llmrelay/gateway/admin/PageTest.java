package io.llmrelay.gateway.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.llmrelay.config.CircuitOptions;
import io.llmrelay.sandbox.Scenario;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The status page in a real browser. Screenshots are written to {@code target/screenshots}. */
@Timeout(60)
class PageTest extends AdminFixture {
  private static final Path SHOTS = Path.of("target", "screenshots");
  private static final String SLOW = "{\"relay\": {\"candidates\": [\"primary\", \"secondary\"]}}";

  private static Chromium browser;

  @BeforeAll
  static void launch() throws Exception {
    Optional<Path> executable = Chromium.find();
    assumeTrue(
        executable.isPresent(),
        "no Chromium in the path and none named by CHROMIUM: page untested");
    browser = new Chromium(executable.get());
  }

  @AfterAll
  static void quit() throws Exception {
    if (browser != null) {
      browser.close();
    }
  }

  @BeforeEach
  void open() {
    browser.resize(1280, 1400, false, "light");
    browser.navigate(admin() + "/");
    browser.await("document.querySelectorAll('[data-backend]').length === 3");
  }

  @AfterEach
  void noProblems() {
    assertThat(browser.problems()).isEmpty();
    browser.navigate("about:blank");
  }

  private static String pill(String backend) {
    return "document.querySelector('[data-backend=" + backend + "] .pill').textContent";
  }

  /** Records the time at which a condition becomes true in the page, as {@code seen.name}. */
  private static void record(String name, String condition) {
    browser.evaluate(
        """
        (() => {
          window.seen ??= {};
          const check = () => { if (!seen.%1$s && (%2$s)) seen.%1$s = Date.now(); };
          new MutationObserver(check).observe(
              document.body, {subtree: true, childList: true, characterData: true});
        })()
        """
            .formatted(name, condition));
  }

  private static long seen(String name) {
    browser.await("window.seen." + name);
    return ((Number) browser.evaluate("window.seen." + name)).longValue();
  }

  @Test
  void outageIsSeenWithinASecond() throws Exception {
    record("failover", "document.querySelector('#failovers .trails > li')");
    record("open", pill("primary") + ".startsWith('circuit open')");
    sandbox.script("primary", Scenario.http(503));

    assertThat(ask().get()).isEqualTo(200);
    long failedOver = System.currentTimeMillis();
    assertThat(seen("failover") - failedOver).isLessThan(1000);

    while (circuit("primary").equals("closed")) {
      assertThat(ask().get()).isEqualTo(200);
    }
    long opened = System.currentTimeMillis();
    assertThat(seen("open") - opened).isLessThan(1000);
    assertThat(browser.evaluate("document.getElementById('overall').textContent"))
        .isEqualTo("1 of 3 backends out");
    assertThat(browser.evaluate("document.querySelector('#changes').textContent").toString())
        .contains("Circuit primary: closed → open");
  }

  @Test
  void circuitIsOpenedByItsButtonAndClosedByTheKeyboard() throws Exception {
    String card = "document.querySelector('[data-backend=secondary]')";
    browser.evaluate(card + ".querySelector('[data-action=open-circuit]').click()");
    browser.await(pill("secondary") + ".startsWith('circuit open')");
    assertThat(circuit("secondary")).isEqualTo("open");
    browser.await("document.querySelector('[role=status].result')?.textContent.includes('done')");

    browser.evaluate(card + ".querySelector('[data-action=close-circuit]').focus()");
    browser.press("Enter", 13, "\r");
    browser.await(pill("secondary") + " === 'serves'");
    assertThat(circuit("secondary")).isEqualTo("closed");

    browser.evaluate(card + ".querySelector('[data-action=disable]').click()");
    browser.await(pill("secondary") + " === 'disabled'");
    browser.evaluate(card + ".querySelector('[data-action=enable]').click()");
    browser.await(pill("secondary") + " === 'serves'");
  }

  @Test
  void everythingIsReachedByTab() {
    browser.evaluate("document.activeElement.blur()");
    List<Object> reached = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      browser.press("Tab", 9, null);
      reached.add(
          browser.evaluate(
              "document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent"));
    }
    assertThat(reached)
        .contains(
            "Skip to the backends", "Reload configuration", "Disable: primary", "Disable: claude");
  }

  @Test
  void fiftyFailoversASecondDoNotFreezeIt() throws Exception {
    relay.reload(options().setCircuit(new CircuitOptions().setMaxFailures(10_000))).await();
    sandbox.script("primary", Scenario.http(503));
    browser.evaluate(
        """
        (() => {
          window.frames_ = [];
          let last = performance.now();
          const frame = (now) => { frames_.push(now - last); last = now; requestAnimationFrame(frame); };
          requestAnimationFrame(frame);
        })()
        """);
    List<CompletableFuture<Integer>> asked = new ArrayList<>();
    long begin = System.nanoTime();
    for (int i = 0; i < 200; i++) {
      long due = begin + i * 20_000_000L;
      TimeUnit.NANOSECONDS.sleep(Math.max(0, due - System.nanoTime()));
      asked.add(ask());
    }
    for (CompletableFuture<Integer> each : asked) {
      assertThat(each.get()).isEqualTo(200);
    }
    browser.await(
        "document.querySelectorAll('#failovers .trails > li').length === 30"
            + " && document.querySelector('#in-flight .small').textContent === '0'");

    assertThat(((Number) browser.evaluate("Math.max(...frames_)")).doubleValue()).isLessThan(1000);
    assertThat(
            ((Number) browser.evaluate("frames_.sort((a, b) => a - b)[frames_.length * 0.95 | 0]"))
                .doubleValue())
        .isLessThan(250);
    browser.evaluate("document.querySelector('#failovers button').click()");
    browser.await("document.querySelector('#failovers button').textContent.startsWith('Resume')");
  }

  @Test
  void playgroundStreamsAnAnswerAndShowsItsTrail() throws Exception {
    sandbox
        .script("primary", Scenario.http(503))
        .script("secondary", Scenario.ok().text("Blue light scatters.").firstDelay(1500));
    browser.evaluate(
        "document.querySelector('#playground [name=more]').value = '%s'".formatted(SLOW));

    browser.evaluate("document.querySelector('#playground button.main').click()");

    browser.await(
        "document.querySelector('#playground .steps')?.textContent.includes('primary/mock-model failed')"
            + " && document.getElementById('answer').textContent === ''");
    browser.await("document.getElementById('answer').textContent === 'Blue light scatters.'");
    browser.await(
        "document.querySelector('#playground .steps').textContent.includes('secondary/mock-model served')");
    assertThat(browser.evaluate("document.querySelector('#playground h3').textContent"))
        .isEqualTo("Answer of secondary/mock-model, candidate 2");
  }

  @Test
  void isReadableOnAPhoneAndInTheDark() throws Exception {
    sandbox.script("primary", Scenario.http(503)).script("claude", Scenario.ok().firstDelay(400));
    List<CompletableFuture<Integer>> asked = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      asked.add(ask(i % 4 == 0 ? ", \"relay\": {\"candidates\": [\"claude\"]}" : "", "Why?"));
      TimeUnit.MILLISECONDS.sleep(100);
    }
    for (CompletableFuture<Integer> each : asked) {
      assertThat(each.get()).isEqualTo(200);
    }
    post("/admin/backends/claude/disable");
    browser.await(pill("claude") + " === 'disabled'");
    browser.resize(1280, 1000, false, "light");
    browser.screenshot(SHOTS.resolve("page-light.png"));
    browser.resize(1280, 1000, false, "dark");
    browser.await("matchMedia('(prefers-color-scheme: dark)').matches");
    browser.evaluate("new Promise(requestAnimationFrame)");
    browser.screenshot(SHOTS.resolve("page-dark.png"));
    browser.resize(390, 844, true, "light");
    browser.await("innerWidth <= 400");

    assertThat(((Number) browser.evaluate("document.documentElement.scrollWidth")).intValue())
        .isLessThanOrEqualTo(390);
    browser.screenshot(SHOTS.resolve("page-phone.png"));
    browser.evaluate("document.querySelector('#failovers').scrollIntoView()");
    browser.screenshot(SHOTS.resolve("page-phone-failovers.png"));
  }
}
