/**
 * SQL that stands in a configuration: {@link dev.cachetide.runtime.sql.NamedSql}. Text only;
 * nothing here talks to a server.
 */
@NullMarked
package dev.cachetide.runtime.sql;

import org.jspecify.annotations.NullMarked;
