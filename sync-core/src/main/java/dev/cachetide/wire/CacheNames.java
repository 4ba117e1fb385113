package dev.cachetide.wire;

/**
 * Keys that Cachetide keeps in Redis beside the entries. Each holds 16 random hex digits, made anew
 * by whoever finds none: evicting a tag or a version is removing its key.
 */
public final class CacheNames {

  private CacheNames() {}

  /** Where a tag's stamp is. */
  public static String tagKey(String tag) {
    return "cachetide:tag:" + tag;
  }

  /** Where a version's pointer is. */
  public static String versionKey(String version) {
    return "cachetide:version:" + version;
  }

  /** The set of member keys that applications with plain keys keep for a tag. */
  public static String memberSet(String tag) {
    return "tag:" + tag;
  }
}
