package dev.cachetide.internal;

import dev.cachetide.RedisConfig;
import dev.cachetide.wire.PipelineNames;
import java.util.Map;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * What a client is built with.
 *
 * @param pipeline null for caches that no pipeline invalidates
 * @param kafka null for neither write-behind nor durable requests
 * @param backlog how many writes may wait to be applied; 0 for any number
 * @param executor null for threads of the client's own
 */
public record ClientSettings(
    RedisConfig redis,
    @Nullable PipelineNames pipeline,
    @Nullable Map<String, ?> kafka,
    long backlog,
    @Nullable Executor executor) {}
