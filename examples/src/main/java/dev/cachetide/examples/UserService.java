package dev.cachetide.examples;

import dev.cachetide.Alias;
import dev.cachetide.Cache;
import dev.cachetide.CacheStats;
import dev.cachetide.Cachetide;
import dev.cachetide.Codec;
import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import javax.sql.DataSource;

/**
 * Users by id, which are kept in the process as well, and by e-mail address, another name for them.
 *
 * <p>Whoever changes a row, here or elsewhere, the rules of the pipeline evict {@code user:{id}}
 * and {@code user:email:{email}} of the row as it was and as it is.
 */
public final class UserService {

  private static final long IN_PROCESS = 10_000;

  private final UserRows rows;
  private final Cache<Long, User> byId;
  private final Alias<String, User> byEmail;

  /** Caches by a client that follows the pipeline; reads and writes users in the database. */
  public UserService(Cachetide client, DataSource database) {
    rows = new UserRows(database);
    byId =
        client
            .<Long, User>cache("user", Codec.json(User.class))
            .loader(rows::byId)
            .near(IN_PROCESS, Duration.ofMinutes(1))
            .build();
    byEmail = byId.alias("user:email:", User::email, Codec.json(Long.class), rows::idOf);
  }

  /** Read-through; that there is no such user is remembered too, until one is inserted. */
  public Optional<User> byId(long id) {
    return byId.load(id);
  }

  /** By e-mail address; whoever is found bears it. */
  public Optional<User> byEmail(String email) {
    return byEmail.get(email);
  }

  /** Those that there are: one read of the cache, one statement for all that it does not hold. */
  public Map<Long, User> byIds(Collection<Long> ids) {
    return byId.getAllOrLoad(ids, rows::byIds);
  }

  /** What its cache has done so far. */
  public CacheStats stats() {
    return byId.stats();
  }

  /**
   * Writes through: the database first, then the user by id and by the new address; the old one
   * leaves. Rules evict the same for all who change rows elsewhere.
   *
   * @throws NoSuchElementException when there is no such user
   * @throws Exception what the database throws
   */
  public User changeEmail(long id, String email) throws Exception {
    return byId.writeThrough(id, () -> rows.changeEmail(id, email));
  }
}
