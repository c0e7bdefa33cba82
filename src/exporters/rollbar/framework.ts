// Part of exporters/rollbar: which framework an instrumentation scope is about, as Rollbar's own libraries call it.

/** How each language's instrumentations are named; what is captured is the framework. */
const NAMES: readonly RegExp[] = [
  /^@?opentelemetry[./]instrumentation[.-]([\w-]+)$/i, // Python, Node, .NET
  /^OpenTelemetry::Instrumentation::(\w+)$/, // Ruby
  /^io\.opentelemetry\.contrib\.php\.([\w-]+)$/,
  /^io\.opentelemetry\.([a-z-]+?)(?:-\d+(?:\.\d+)*)?$/, // Java: spring-webmvc-6.0
  /^go\.opentelemetry\.io\/contrib\/instrumentation\/.+\/otel(\w+)$/,
  /^Microsoft\.(AspNetCore)$/,
];

export function frameworkOf(scopeName: string): string | undefined {
  for (const name of NAMES) {
    const framework = name.exec(scopeName)?.[1];
    if (framework) return framework.toLowerCase();
  }
  return undefined;
}
