package dev.cachetide.examples;

import dev.cachetide.Cache;
import dev.cachetide.Cachetide;
import dev.cachetide.Codec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import javax.sql.DataSource;

/**
 * Users by id, which are kept in the process as well, and by e-mail address, which leads to the id.
 *
 * <p>Whoever changes a row, here or elsewhere, the rules of the pipeline evict {@code user:{id}}
 * and {@code user:email:{email}} of the row as it was and as it is.
 */
public final class UserService {

  private static final long IN_PROCESS = 10_000;

  private final UserRows rows;
  private final Cache<Long, User> byId;
  private final Cache<String, Long> idByEmail;

  /** Caches by a client that follows the pipeline; reads and writes users in the database. */
  public UserService(Cachetide client, DataSource database) {
    rows = new UserRows(database);
    byId =
        client
            .<Long, User>cache("user", Codec.json(User.class))
            .loader(rows::byId)
            .near(IN_PROCESS, Duration.ofMinutes(1))
            .build();
    idByEmail =
        client
            .<String, Long>cache("user-by-email", Codec.json(Long.class))
            .prefix("user:email:")
            .loader(rows::idOf)
            .build();
  }

  /** Read-through; that there is no such user is remembered too, until one is inserted. */
  public Optional<User> byId(long id) {
    return byId.load(id);
  }

  /**
   * By e-mail address. The two entries may be a change apart for a moment; a user who no longer has
   * the address is not found by it.
   */
  public Optional<User> byEmail(String email) {
    return idByEmail.load(email).flatMap(byId::load).filter(user -> email.equals(user.email()));
  }

  /** Those that there are: one read of the cache, one statement for all that it does not hold. */
  public Map<Long, User> byIds(Collection<Long> ids) {
    return byId.getAllOrLoad(ids, rows::byIds);
  }

  /**
   * Writes through: the database first, then the user by id. Both addresses are evicted here, so
   * that the caller finds what it wrote at once, and by the rules, for all that change rows
   * elsewhere.
   *
   * @throws NoSuchElementException when there is no such user
   * @throws Exception what the database throws
   */
  public User changeEmail(long id, String email) throws Exception {
    Optional<User> before = byId.load(id);
    User now = byId.writeThrough(id, () -> rows.changeEmail(id, email));
    List<String> addresses = new ArrayList<>(List.of(email));
    before.map(User::email).ifPresent(addresses::add);
    idByEmail.evictAll(addresses);
    return now;
  }
}
