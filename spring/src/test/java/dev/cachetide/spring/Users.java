package dev.cachetide.spring;

import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.springframework.cache.annotation.CacheEvict;
import org.springframework.cache.annotation.CachePut;
import org.springframework.cache.annotation.Cacheable;
import reactor.core.publisher.Mono;

/** A repository with every kind of annotation, over rows that the test changes. */
public class Users implements AutoCloseable {

  final Map<Long, String> rows = new ConcurrentHashMap<>();
  final AtomicInteger loads = new AtomicInteger();
  private final ExecutorService threads = Executors.newCachedThreadPool();

  /** Happens after a row was read and before the method returns it. */
  volatile Runnable beforeReturn = () -> {};

  private String load(long id) {
    loads.incrementAndGet();
    String row = rows.get(id);
    beforeReturn.run();
    return row;
  }

  @Cacheable("user")
  public String name(long id) {
    return load(id);
  }

  @Cacheable(cacheNames = "user", sync = true)
  public String nameInSync(long id) {
    return load(id);
  }

  @Cacheable(cacheNames = "user", unless = "#result == 'draft'")
  public String nameUnlessDraft(long id) {
    return load(id);
  }

  @Cacheable(cacheNames = "user", condition = "#id > 1000")
  public String nameOfTheNew(long id) {
    return load(id);
  }

  @Cacheable(cacheNames = {"user", "copy"})
  public String nameInTwo(long id) {
    return load(id);
  }

  @Cacheable("user")
  public CompletableFuture<String> nameLater(long id) {
    return CompletableFuture.supplyAsync(() -> load(id), threads);
  }

  @Cacheable(cacheNames = "user", sync = true)
  public CompletableFuture<String> nameLaterInSync(long id) {
    return CompletableFuture.supplyAsync(() -> load(id), threads);
  }

  @Cacheable("user")
  public CompletableFuture<String> nameAtOnce(long id) {
    return CompletableFuture.completedFuture(load(id));
  }

  @Cacheable("user")
  public Mono<String> nameByMono(long id) {
    return Mono.fromSupplier(() -> load(id));
  }

  @Cacheable(cacheNames = "user", sync = true)
  public Mono<String> nameByMonoInSync(long id) {
    return Mono.fromSupplier(() -> load(id));
  }

  @Cacheable("fleeting")
  public String fleeting(long id) {
    return load(id);
  }

  @CachePut(cacheNames = "user", key = "#id")
  public String rename(long id, String name) {
    rows.put(id, name);
    return name;
  }

  @CachePut(cacheNames = "computed", key = "#id")
  public String compute(long id, String name) {
    return name;
  }

  @CacheEvict(cacheNames = "user", key = "#id")
  public void change(long id, String name) {
    rows.put(id, name);
  }

  @CacheEvict(cacheNames = "user", allEntries = true)
  public void changeAll() {
    rows.replaceAll((id, name) -> name + "!");
  }

  @Override
  public void close() {
    threads.shutdownNow();
  }
}
