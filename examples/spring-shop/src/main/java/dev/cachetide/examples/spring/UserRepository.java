package dev.cachetide.examples.spring;

import org.jspecify.annotations.Nullable;
import org.springframework.cache.annotation.CacheEvict;
import org.springframework.cache.annotation.Cacheable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;

/** Users by JDBC, behind the cache {@code user} of application.yaml. */
@Repository
public class UserRepository {

  private final JdbcClient jdbc;

  UserRepository(JdbcClient jdbc) {
    this.jdbc = jdbc;
  }

  /** The user, or null; by the cache key {@code user:<id>}, which the pipeline's rule names. */
  @Cacheable("user")
  public @Nullable User byId(long id) {
    return jdbc.sql("SELECT id, email, name FROM users WHERE id = ?")
        .param(id)
        .query(User.class)
        .optional()
        .orElse(null);
  }

  /**
   * Renames. The change's own event evicts the user everywhere; evicting it here too lets this
   * process read what it wrote at once.
   */
  @CacheEvict(cacheNames = "user", key = "#id")
  public void rename(long id, String name) {
    jdbc.sql("UPDATE users SET name = ? WHERE id = ?").param(name).param(id).update();
  }
}
