package dev.cachetide.examples;

import dev.cachetide.Cache;
import dev.cachetide.Cachetide;
import dev.cachetide.Codec;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Values at several places and under several keys. */
final class NearSteps {

  private NearSteps() {}

  static List<Step> all() {
    return List.of(
        new Step(
            "multi-level",
            "two processes hold a user in L1; SQL changes the row",
            NearSteps::levels),
        new Step(
            "several keys", "SQL changes an e-mail address; look by old and new", NearSteps::keys));
  }

  private static String levels(EmbeddedShop shop) throws Exception {
    try (Cachetide other = shop.openClient()) {
      List<Cache<Long, User>> both = List.of(near(shop, shop.client()), near(shop, other));
      Eventually.holds("both L1s serve", () -> both.stream().allMatch(NearSteps::servesNear));
      shop.execute("UPDATE users SET name = 'Rear Admiral Hopper' WHERE id = 2");
      long late =
          Eventually.holds(
              "both show the change", () -> both.stream().allMatch(NearSteps::showsChange));
      return "both L1s served it, and both showed the change " + late + " ms after its commit";
    }
  }

  private static Cache<Long, User> near(EmbeddedShop shop, Cachetide client) {
    return client
        .<Long, User>cache("near", Codec.json(User.class))
        .prefix("user:")
        .loader(new UserRows(shop.database())::byId)
        .near(100, Duration.ofMinutes(1))
        .build();
  }

  private static boolean servesNear(Cache<Long, User> users) {
    users.load(2L);
    return users.stats().nearHits() > 0;
  }

  private static boolean showsChange(Cache<Long, User> users) {
    Optional<User> user = users.load(2L);
    return user.filter(found -> found.name().equals("Rear Admiral Hopper")).isPresent();
  }

  private static String keys(EmbeddedShop shop) throws Exception {
    UserService users = new UserService(shop.client(), shop.database());
    CheckFailed.unless(users.byEmail("edsger@example.com").isPresent(), "not found by the old one");
    CheckFailed.unless(users.byEmail("ewd@example.com").isEmpty(), "found by one nobody has");
    shop.execute("UPDATE users SET email = 'ewd@example.com' WHERE id = 3");
    long late =
        Eventually.holds(
            "the new address finds the user, the old one nobody",
            () ->
                users.byEmail("ewd@example.com").isPresent()
                    && users.byEmail("edsger@example.com").isEmpty());
    return "the old address finds nobody and the new one the user, "
        + late
        + " ms after the commit";
  }
}
