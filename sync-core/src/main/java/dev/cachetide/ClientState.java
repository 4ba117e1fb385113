package dev.cachetide;

/**
 * Why a client believes Redis, or does not.
 *
 * @param connected whether there is a connection to Redis
 * @param heard whether a worker of the pipeline was heard within the last 2 s; true without a
 *     pipeline, where there is nobody to hear
 * @param trusted whether what is in Redis may be believed: {@code connected}, {@code heard}, and
 *     the workers say that this Redis has missed no eviction. Otherwise reads go to their loaders
 */
public record ClientState(boolean connected, boolean heard, boolean trusted) {}
