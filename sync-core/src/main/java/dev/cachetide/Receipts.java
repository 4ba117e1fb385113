package dev.cachetide;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/**
 * What became of writes, by their {@linkplain Receipt#ticket tickets}: those of this process and
 * those of any other, in the pipeline's own language or not, before a restart or after it.
 *
 * <p>The answers come from the topic {@code <pipeline>.receipts}, which the pipeline's ingest
 * writes; while ingest is away, and while Kafka does not answer, everything that was not known
 * before stays {@link Outcome.Pending}. Recent receipts are held in bounded memory; for older ones
 * the topic is looked through backwards, in the background and within limits.
 *
 * <p>Safe for concurrent use.
 */
public interface Receipts {

  /**
   * What is known now; does not block. A write from before what this process holds is pending until
   * it has been looked up: ask again, or wait.
   *
   * @throws IllegalArgumentException when the text is no ticket
   */
  Outcome outcome(String ticket);

  /**
   * Waits until the write is decided, or for so long.
   *
   * @return {@link Outcome.Pending} when the limit has passed, or the thread was interrupted, which
   *     it then still is
   * @throws IllegalArgumentException when the text is no ticket
   */
  Outcome await(String ticket, Duration limit);

  /**
   * Completes once the write is decided; on the thread that reads the receipts of all: continue
   * with an {@code …Async} stage if there is anything to do that takes time. Cancelling it frees
   * its memory. Fails when a million others are waited for, and when the client is closed first.
   *
   * @throws IllegalArgumentException when the text is no ticket
   */
  CompletableFuture<Outcome> decision(String ticket);
}
