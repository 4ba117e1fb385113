package dev.cachetide.examples.spring;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.cache.annotation.EnableCaching;

/** The application: Spring's annotations, and the properties of application.yaml. */
@SpringBootApplication
@EnableCaching
public class SpringShop {

  /** Starts it. */
  public static void main(String[] arguments) {
    SpringApplication.run(SpringShop.class, arguments);
  }
}
