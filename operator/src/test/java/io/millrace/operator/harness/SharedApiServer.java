package io.millrace.operator.harness;

import java.nio.file.Path;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Hands one API server, with stand-ins of the foreign CRDs, to all test classes that ask for it.
 */
public final class SharedApiServer implements ParameterResolver {
  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    return parameter.getParameter().getType() == ApiServer.class;
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
    return context
        .getRoot()
        .getStore(Namespace.GLOBAL)
        .computeIfAbsent(
            ApiServer.class,
            key -> {
              ApiServer server = ApiServer.start();
              server.apply(Path.of("src", "test", "resources", "foreign"));
              return server;
            });
  }
}
