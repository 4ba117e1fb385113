package dev.cachetide;

/** A row of the tests. */
record User(long id, String email, int stock) {

  User(long id, String email) {
    this(id, email, 0);
  }
}
