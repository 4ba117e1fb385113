package dev.cachetide.runtime.settings;

/**
 * Where probes and metrics are served.
 *
 * @param host default {@code 127.0.0.1}
 * @param port default 8080; 0 takes a free one
 */
public record HttpSettings(String host, int port) {}
