package dev.cachetide.spring;

import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.cache.interceptor.BeanFactoryCacheOperationSourceAdvisor;
import org.springframework.cache.interceptor.CacheInterceptor;
import org.springframework.core.Ordered;
import org.springframework.core.PriorityOrdered;

/** Puts {@link FencedAdvice} in the place of the interceptor that {@code @EnableCaching} brings. */
final class FencedAdvisors implements BeanPostProcessor, PriorityOrdered {

  @Override
  public Object postProcessAfterInitialization(Object bean, String beanName) {
    if (bean instanceof BeanFactoryCacheOperationSourceAdvisor advisor
        && advisor.getAdvice() instanceof CacheInterceptor caching) {
      advisor.setAdvice(new FencedAdvice(caching));
    }
    return bean;
  }

  /** Before those that make proxies, which look for advisors. */
  @Override
  public int getOrder() {
    return Ordered.HIGHEST_PRECEDENCE;
  }
}
