package dev.cachetide.examples;

/**
 * One strategy shown.
 *
 * @param strategy its name
 * @param did what is done
 * @param play does it, checks it, and says what was seen
 */
record Step(String strategy, String did, Play play) {

  /** Does it. */
  interface Play {
    /**
     * Does it and looks.
     *
     * @return what was seen
     * @throws CheckFailed when it was something else than promised
     */
    String on(EmbeddedShop shop) throws Exception;
  }

  /** How it went; times in milliseconds. */
  record Shown(String strategy, String did, String saw, boolean ok, long millis) {}

  /** Plays it, once the cache is trusted; whatever it throws is what was seen. */
  Shown show(EmbeddedShop shop) {
    long began = System.nanoTime();
    String saw;
    boolean ok = false;
    try {
      Eventually.holds("the cache is trusted", shop.client()::trusted);
      saw = play.on(shop);
      ok = true;
    } catch (CheckFailed e) {
      saw = String.valueOf(e.getMessage());
    } catch (Exception e) {
      // the tour goes on: it tells of the others, and that this one failed
      saw = e.toString();
    }
    return new Shown(strategy, did, saw, ok, (System.nanoTime() - began) / 1_000_000);
  }
}
