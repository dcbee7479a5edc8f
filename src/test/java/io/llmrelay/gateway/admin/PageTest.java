package io.llmrelay.gateway.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.llmrelay.chat.RelayHints.Prefer;
import io.llmrelay.config.ApiKeyOptions;
import io.llmrelay.config.BudgetOptions;
import io.llmrelay.config.CircuitOptions;
import io.llmrelay.config.ProbeOptions;
import io.llmrelay.config.RelayOptions;
import io.llmrelay.sandbox.Scenario;
import io.vertx.core.json.JsonArray;
import java.nio.file.Path;
import java.time.Duration;
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
    return "document.querySelector('[data-backend=" + backend + "] .pill')?.textContent";
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
              "document.activeElement.getAttribute('aria-label') ??"
                  + " document.activeElement.textContent"));
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
        "document.querySelector('#playground .steps')?.textContent.includes('primary/mock-model"
            + " failed') && document.getElementById('answer').textContent === ''");
    browser.await("document.getElementById('answer').textContent === 'Blue light scatters.'");
    browser.await(
        "document.querySelector('#playground .steps').textContent.includes('secondary/mock-model"
            + " served')");
    assertThat(browser.evaluate("document.querySelector('#playground h3').textContent"))
        .isEqualTo("Answer of secondary/mock-model, candidate 2");
  }

  @Test
  void playgroundGoesOnWithResultsOfTools() throws Exception {
    Scenario call = Scenario.ok().toolCall("get_weather", "{\"town\":\"Lisbon\"}");
    sandbox.script("primary", call, Scenario.ok().text("It is sunny."));
    clickOn("#playground form button[type=button]");
    assertThat(browser.evaluate("document.querySelector('#playground [name=more]').value"))
        .asString()
        .contains("get_weather");
    clickOn("#playground button.main");
    browser.await("document.querySelector('#playground .calls input')");
    assertThat(browser.evaluate("document.querySelector('#playground .calls code').textContent"))
        .isEqualTo("get_weather({\"town\":\"Lisbon\"})");
    browser.await(STEPS + "?.includes('primary/mock-model served')");

    browser.evaluate("document.querySelector('#playground .calls input').value = 'sunny, 24 C'");
    clickOn("#playground .calls button");

    browser.await("document.getElementById('answer').textContent === 'It is sunny.'");
    browser.await(STEPS + "?.includes('primary/mock-model served')");
    assertThat(browser.evaluate(STEPS)).asString().contains(" tokens, $ ");
    assertThat(sandbox.calls("primary").get(1).body().encode())
        .contains("sunny, 24 C", "\"role\":\"tool\"");
  }

  @Test
  void playgroundSendsAnImage() {
    browser.evaluate(
        """
        (() => {
          const bytes = Uint8Array.from(atob('%s'), (c) => c.charCodeAt(0));
          const files = new DataTransfer();
          files.items.add(new File([bytes], 'dot.gif', {type: 'image/gif'}));
          document.querySelector('#playground [name=image]').files = files.files;
        })()
        """
            .formatted("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"));
    clickOn("#playground button.main");
    browser.await("document.getElementById('answer').textContent === 'All is well.'");
    assertThat(sandbox.calls("primary").get(0).body().encode())
        .contains("\"type\":\"image_url\"", "data:image/gif;base64,R0lGODlh");
  }

  private static final String STEPS = "document.querySelector('#playground .steps')?.textContent";

  private static void clickOn(String selector) {
    browser.evaluate("document.querySelector('%s').click()".formatted(selector));
  }

  private static ApiKeyOptions key(String name) {
    return new ApiKeyOptions("sk-relay-own-key-" + name).setName(name);
  }

  /** Has a backend with several keys, and probes. */
  private RelayOptions withKeysAndProbes() {
    BudgetOptions budget = new BudgetOptions().setDailyUsd(2.0).setRequestsPerMinute(60L);
    RelayOptions options = options();
    options
        .getBackends()
        .get("primary")
        .setApiKey(null)
        .setApiKeys(
            List.of(key("blue").setBudget(budget), key("green"), key("red").setMaxConnections(9)))
        .setPreferKey(Prefer.ORDER);
    ProbeOptions probe = new ProbeOptions().setInterval(Duration.ofSeconds(1));
    options.getBackends().get("secondary").setProbe(probe.setKind(ProbeOptions.Kind.COMPLETION));
    return options;
  }

  private static String pillOfKey(String key) {
    return "document.querySelector('[data-backend=primary] [data-key="
        + key
        + "] .pill')"
        + "?.textContent";
  }

  @Test
  void keysOfABackendAreShown() throws Exception {
    sandbox
        .scriptKey(
            "primary", "sk-relay-own-key-blue", Scenario.http(429).header("retry-after", "600"))
        .scriptKey("primary", "sk-relay-own-key-green", Scenario.http(401));
    relay.reload(withKeysAndProbes()).await();
    assertThat(ask().get()).isEqualTo(200);

    browser.await(pillOfKey("blue") + " === 'cooldown of a model'");
    String triedIn = pillOfKey("green") + "?.match(/^refused, tried in ([0-9]+) s$/)?.[1]";
    browser.await(triedIn);
    browser.await("Number(" + triedIn + ") < " + browser.evaluate(triedIn));
    browser.await(pillOfKey("red") + " === 'serves'");
    browser.await(pill("primary") + " === '1 of 3 keys out'");
    String card = "document.querySelector('[data-backend=primary]')";
    browser.await(
        card + ".querySelector('[data-key=red] .facts').textContent.includes('1 request')");
    assertThat(browser.evaluate(card + ".querySelector('[data-key=red] .facts').textContent"))
        .asString()
        .contains("0 of 9 in use", " tokens", "$ 0.0");
    assertThat(browser.evaluate(card + ".querySelector('[data-key=blue]').textContent"))
        .asString()
        .contains("1 failed", "$ a day", "Requests / min");
    assertThat(browser.evaluate(card + ".querySelector('.notes').textContent"))
        .asString()
        .contains("primary/mock-model, key blue: rate limited, available in")
        .contains("primary, key green: authentication, until the key is accepted, tried in ");
    assertThat(browser.evaluate("document.querySelector('#changes').textContent"))
        .asString()
        .contains("primary: key green refused");

    String keys = "document.querySelector('[data-backend=primary] details.keys')";
    browser.evaluate(keys + ".querySelector('summary').focus()");
    browser.press("Enter", 13, "\r");
    browser.await("!" + keys + ".open");
    browser.press("Enter", 13, "\r");
    browser.await(keys + ".open");

    clickOn("[aria-label=\"Clear: primary/mock-model\"]");
    browser.await(pillOfKey("blue") + " === 'serves'");
    clickOn("[data-backend=primary] [data-action=clear-cooldown]");
    browser.await(pill("primary") + " === 'serves'");
    assertThat(browser.evaluate("document.body.textContent").toString())
        .doesNotContain("sk-relay-own-key");
  }

  @Test
  void probesAreShownWithTheNextOne() {
    relay.reload(withKeysAndProbes()).await();
    String probe = "document.querySelector('[data-backend=secondary] .probe')?.textContent";
    browser.await("/^Probe healthy \\d+ s ago, after \\d+ ms; next /.test(" + probe + ")");
    assertThat(browser.evaluate("document.querySelector('[data-backend=primary] .probe')"))
        .isNull();

    sandbox.script("secondary", Scenario.http(500));

    browser.await(probe + ".startsWith('Probe failed (server error)')");
    browser.await(pill("secondary") + ".startsWith('circuit open')");
    browser.await(
        "document.querySelector('#changes').textContent"
            + ".includes('Probe of secondary: failed (server error)')");
  }

  @Test
  void hedgesResumesAndConversationsAreInTheTrail() throws Exception {
    String steps = "document.querySelector('#failovers .steps')?.textContent";
    sandbox.script("primary", Scenario.ok().firstDelay(20_000));
    assertThat(ask(", \"relay\": {\"hedge\": \"100ms\"}", "Why?").get()).isEqualTo(200);
    browser.await(steps + "?.includes('primary/mock-model hedged: another attempt was faster')");
    assertThat(browser.evaluate("document.querySelectorAll('#failovers .line i.off').length"))
        .isEqualTo(1);

    sandbox
        .script("primary", Scenario.of("reset-after-3").text("one two three four five"))
        .script("secondary", Scenario.ok().text("one two three four five"));
    assertThat(ask(", \"relay\": {\"resume\": \"verify\"}", "Why?").get()).isEqualTo(200);
    browser.await(steps + "?.includes('resumed the answer after 13 bytes')");

    sandbox.script("primary", Scenario.http(503));
    assertThat(ask(", \"relay\": {\"affinity\": \"conversation-7\"}", "Why?").get()).isEqualTo(200);
    browser.await("/conversation \\(session\\) moved here/.test(" + steps + ")");
  }

  @Test
  void isReadableOnAPhoneAndInTheDark() throws Exception {
    sandbox
        .scriptKey(
            "primary", "sk-relay-own-key-blue", Scenario.http(429).header("retry-after", "90"))
        .scriptKey("primary", "sk-relay-own-key-green", Scenario.http(401))
        .scriptKey("primary", "sk-relay-own-key-red", Scenario.http(503), QUICK, QUICK)
        .script("claude", Scenario.ok().firstDelay(400));
    relay.reload(withKeysAndProbes()).await();
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
    sandbox.script("secondary", Scenario.ok().firstDelay(30_000));
    CompletableFuture<Integer> running =
        ask(", \"relay\": {\"candidates\": [\"secondary\"]}", "Why?");
    browser.await("document.querySelector('#in-flight tbody tr')");
    for (String theme : List.of("light", "dark")) {
      browser.resize(1280, 1000, false, theme);
      browser.await("matchMedia('(prefers-color-scheme: %s)').matches".formatted(theme));
      browser.evaluate("new Promise(requestAnimationFrame)");
      browser.screenshot(SHOTS.resolve("page-" + theme + ".png"));
      browser.resize(390, 844, true, theme);
      browser.await("innerWidth <= 400");
      browser.evaluate("scrollTo(0, 0); new Promise(requestAnimationFrame)");
      assertThat((JsonArray) browser.evaluate(CUT_OFF)).isEmpty();
      browser.screenshot(SHOTS.resolve("page-phone-" + theme + ".png"));
      browser.wholeScreenshot(SHOTS.resolve("page-phone-" + theme + "-whole.png"));
    }
    running.cancel(true);
  }

  /** The elements that reach beyond the right edge of the window. */
  private static final String CUT_OFF =
      """
      [...document.querySelectorAll('main *, header *')]
          .filter((each) => each.getBoundingClientRect().right > innerWidth + 1)
          .map((each) => each.outerHTML.slice(0, 200))
      """;
}
