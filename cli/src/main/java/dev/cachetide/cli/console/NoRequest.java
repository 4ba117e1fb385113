package dev.cachetide.cli.console;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;

/**
 * Answers what the HTTP server refuses before any route is asked: a path that climbs above the
 * root, a request that is none. The server's own page would show its name and no policy. As such a
 * path leads nowhere, it is told what every other is that does.
 */
final class NoRequest implements Request.Handler {

  private static final byte[] BODY =
      "{\"error\":\"there is nothing here\",\"fix\":\"go to /\"}".getBytes(StandardCharsets.UTF_8);

  @Override
  public boolean handle(Request request, Response response, Callback callback) {
    HttpFields.Mutable headers = response.getHeaders();
    Gate.HEADERS.forEach(headers::put);
    headers.put("Content-Type", "application/json; charset=utf-8");
    if (response.getStatus() == 400) {
      response.setStatus(404);
    }
    response.write(true, ByteBuffer.wrap(BODY), callback);
    return true;
  }
}
