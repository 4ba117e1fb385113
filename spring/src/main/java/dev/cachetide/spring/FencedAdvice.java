package dev.cachetide.spring;

import java.lang.reflect.AccessibleObject;
import java.lang.reflect.Method;
import java.util.concurrent.CompletableFuture;
import org.aopalliance.intercept.MethodInterceptor;
import org.aopalliance.intercept.MethodInvocation;
import org.jspecify.annotations.Nullable;
import org.springframework.cache.interceptor.CacheInterceptor;

/**
 * Around Spring's interceptor, and by way of the method call that it hands on also inside of it: so
 * that each call of a method is an {@link Invocation}.
 *
 * <p>Spring's interceptor reads, calls the method and puts what it returned. Between the read and
 * the put anything may happen; a row that changes meanwhile is evicted, and then the put stores
 * what was read before. No cache that is only told {@code get} and {@code put} can know. Here the
 * read takes the key's lease, the eviction removes it, and the put stores nothing without it.
 */
final class FencedAdvice implements MethodInterceptor {

  private final CacheInterceptor caching;

  FencedAdvice(CacheInterceptor caching) {
    this.caching = caching;
  }

  @Override
  public @Nullable Object invoke(MethodInvocation call) throws Throwable {
    Invocation invocation = Invocation.begin();
    try {
      return invocation.within(false, () -> caching.invoke(new Inside(call, invocation)));
    } finally {
      invocation.release();
    }
  }

  /** The method call as Spring's interceptor sees it. */
  private record Inside(MethodInvocation call, Invocation invocation) implements MethodInvocation {

    @Override
    public @Nullable Object proceed() throws Throwable {
      Object result = invocation.within(true, call::proceed);
      return result instanceof CompletableFuture<?> future
              && !future.isDone()
              && getMethod().getReturnType() == CompletableFuture.class
          ? invocation.continued(future)
          : result;
    }

    @Override
    public Method getMethod() {
      return call.getMethod();
    }

    @Override
    public @Nullable Object[] getArguments() {
      return call.getArguments();
    }

    @Override
    public @Nullable Object getThis() {
      return call.getThis();
    }

    @Override
    public AccessibleObject getStaticPart() {
      return call.getStaticPart();
    }
  }
}
