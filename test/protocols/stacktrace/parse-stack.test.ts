// Part of the tests: stack traces that the languages really printed, and what becomes of them.
import { describe, expect, it } from 'vitest';
import { parseStack } from '../../../src/protocols/stacktrace/index.ts';
import { capturedSpans } from '../xray/otlp-json.ts';

const PYTHON_CHAIN = `Traceback (most recent call last):
  File "/srv/app/a.py", line 6, in run
    load("b")
  File "/srv/app/a.py", line 3, in load
    return {"a": 1}[key]
           ~~~~~~~~^^^^^
KeyError: 'b'

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "/srv/app/a.py", line 10, in <module>
    run()
  File "/srv/app/a.py", line 8, in run
    raise RuntimeError("cannot load: b") from error
RuntimeError: cannot load: b
`;

const PYTHON_GROUP = `  + Exception Group Traceback (most recent call last):
  |   File "/srv/app/a.py", line 16, in <module>
  |     group()
  |   File "/srv/app/a.py", line 14, in group
  |     raise ExceptionGroup("two failed", [ValueError("one"), TypeError("two")])
  | ExceptionGroup: two failed (2 sub-exceptions)
  +-+---------------- 1 ----------------
    | ValueError: one
    +---------------- 2 ----------------
    | TypeError: two
    +------------------------------------
`;

const NODE_CAUSE = `TypeError: no user 7
    at async Repo.find (/srv/app/a.cjs:1:74)
    at Object.<anonymous> (file:///srv/app/a.mjs:2:12)
    ... 5 lines matching cause stack trace ...
    at node:internal/main/run_main_module:28:49 {
  [cause]: SyntaxError: Expected property name or '}' in JSON at position 1
      at JSON.parse (<anonymous>)
      at Repo.find (/srv/app/a.cjs:1:42)
      at node:internal/main/run_main_module:28:49
}`;

const JAVA_CHAIN = `java.lang.IllegalStateException: outer failed
	at app//com.example.Main.outer(Main.java:3)
	at com.example.Main.main(Main.java:4)
	Suppressed: java.lang.RuntimeException: close failed
		... 2 more
Caused by: java.lang.IllegalArgumentException: bad input
	at com.example.Main.inner(Main.java:2)
	at java.base/java.lang.Thread.sleep(Native Method)
	... 2 more
`;

const GO_PANIC = `goroutine 1 [running]:
runtime/debug.Stack()
	/usr/local/go/src/runtime/debug/stack.go:26 +0x5e
go.opentelemetry.io/otel/sdk/trace.recordStackTrace()
	/go/pkg/mod/go.opentelemetry.io/otel/sdk@v1.47.0/trace/span.go:550 +0x2b
main.(*T).Do(0x15e7b5d84068?, 0x15e7b5d4c738?, {0x579578?, 0x15e7b5d181e0?})
	/srv/app/main.go:4 +0x13
created by main.main in goroutine 1
	/srv/app/main.go:5 +0x29
`;

const RUBY = `app.rb:3:in 'Repo#find': no user 7 (ArgumentError)
	from app.rb:8:in 'block in Object#run'
	from app.rb:12:in '<main>'
app.rb:2:in \`fetch': key not found: :b (KeyError)
	from app.rb:2:in \`find'
`;

const DOTNET = `System.InvalidOperationException: outer failed
 ---> System.ArgumentException: bad input
   at App.Repo.Find(Int32 id) in /src/Repo.cs:line 12
   --- End of inner exception stack trace ---
   at App.Repo.Load() in /src/Repo.cs:line 20
   at App.Program.Main(String[] args)
`;

const PHP = `LogicException: bad input in /srv/app/a.php:3
Stack trace:
#0 /srv/app/a.php(7): inner('x')
#1 {main}

Next RuntimeException: outer failed in /srv/app/a.php:9
Stack trace:
#0 /srv/app/a.php(12): Repo->load(7)
#1 {main}`;

describe('Python', () => {
  it('has the final exception first and its cause after it, newest call last, with the source lines', () => {
    const [final, cause, ...more] = parseStack(PYTHON_CHAIN, 'python') ?? [];
    expect(more).toEqual([]);
    expect(final).toMatchObject({ type: 'RuntimeError', message: 'cannot load: b' });
    expect(final?.frames.at(-1)).toEqual({
      file: '/srv/app/a.py',
      line: 8,
      function: 'run',
      code: 'raise RuntimeError("cannot load: b") from error',
    });
    expect(cause).toMatchObject({ type: 'KeyError', message: "'b'" });
    expect(cause?.frames.map(({ function: name, code }) => [name, code])).toEqual([
      ['run', 'load("b")'],
      ['load', 'return {"a": 1}[key]'],
    ]);
  });

  it('reads an exception group and its members', () => {
    const exceptions = parseStack(PYTHON_GROUP, 'python') ?? [];
    expect(exceptions.map(({ type, message, frames }) => [type, message, frames.length])).toEqual([
      ['ExceptionGroup', 'two failed (2 sub-exceptions)', 2],
      ['ValueError', 'one', 0],
      ['TypeError', 'two', 0],
    ]);
  });

  it('keeps every line of a message', () => {
    const text =
      'Traceback (most recent call last):\n  File "a.py", line 1, in f\nValueError: one\n  two\nthree\n';
    expect(parseStack(text, 'python')?.[0]?.message).toBe('one\n  two\nthree');
  });

  it('reads what the real SDK recorded', () => {
    const spans = capturedSpans('python-otel/02-traces-batch-2-errors.decoded.json').flatMap(
      (group) => group.spans,
    );
    const texts = spans
      .flatMap((span) => span.events)
      .map((event) => event.attributes.get('exception.stacktrace'));
    const stacks = texts.filter((text) => typeof text === 'string').map((text) => parseStack(text, 'python'));
    expect(stacks.length).toBeGreaterThan(3);
    for (const stack of stacks) {
      expect(stack?.length).toBe(1);
      expect(stack?.[0]?.type).toBe('ValueError');
      expect(stack?.[0]?.frames.at(-1)).toMatchObject({ file: '/app/app.py', line: 132, function: 'boom' });
    }
  });
});

describe('Node', () => {
  it('turns frames round and follows [cause]', () => {
    const [final, cause] = parseStack(NODE_CAUSE, 'nodejs') ?? [];
    expect(final).toMatchObject({ type: 'TypeError', message: 'no user 7' });
    expect(final?.frames).toEqual([
      { file: 'node:internal/main/run_main_module', line: 28, column: 49, function: '' },
      { file: '/srv/app/a.mjs', line: 2, column: 12, function: 'Object.<anonymous>' },
      { file: '/srv/app/a.cjs', line: 1, column: 74, function: 'Repo.find' },
    ]);
    expect(cause?.message).toBe("Expected property name or '}' in JSON at position 1");
    expect(cause?.frames.at(-1)).toEqual({ file: '<anonymous>', line: 0, function: 'JSON.parse' });
  });

  it('leaves out the excerpt above an uncaught error, and knows Windows paths and eval', () => {
    const text =
      'a.cjs:1\nx.y\n  ^\n\nTypeError [ERR_X]: no\n    at eval (eval at run (C:\\app\\b.js:4:5), <anonymous>:1:1)\n    at C:\\app\\a.js:2:3';
    expect(parseStack(text, 'nodejs')).toEqual([
      {
        type: 'TypeError',
        message: 'no',
        frames: [
          { file: 'C:\\app\\a.js', line: 2, column: 3, function: '' },
          { file: 'C:\\app\\b.js', line: 4, column: 5, function: 'eval' },
        ],
      },
    ]);
  });

  it('reads the form of Firefox', () => {
    expect(
      parseStack('load@https://x.test/a.js:10:5\n@https://x.test/a.js:20:1\n', 'webjs')?.[0]?.frames,
    ).toEqual([
      { file: 'https://x.test/a.js', line: 20, column: 1, function: '' },
      { file: 'https://x.test/a.js', line: 10, column: 5, function: 'load' },
    ]);
  });
});

describe('Java', () => {
  it('refills shared frames from the enclosing trace and puts suppressed exceptions last', () => {
    const exceptions = parseStack(JAVA_CHAIN, 'java') ?? [];
    expect(exceptions.map(({ type, message }) => [type, message])).toEqual([
      ['java.lang.IllegalStateException', 'outer failed'],
      ['java.lang.IllegalArgumentException', 'bad input'],
      ['java.lang.RuntimeException', 'close failed'],
    ]);
    expect(exceptions[1]?.frames).toEqual([
      { file: 'Main.java', line: 4, function: 'com.example.Main.main' },
      { file: 'Main.java', line: 3, function: 'com.example.Main.outer' },
      { file: 'Native Method', line: 0, function: 'java.lang.Thread.sleep' },
      { file: 'Main.java', line: 2, function: 'com.example.Main.inner' },
    ]);
    expect(exceptions[2]?.frames.length).toBe(2);
  });
});

describe('Go, Ruby, .NET and PHP', () => {
  it('drops what runs between a Go failure and its printing', () => {
    expect(parseStack(GO_PANIC, 'go')?.[0]?.frames).toEqual([
      { file: '/srv/app/main.go', line: 5, function: 'main.main' },
      { file: '/srv/app/main.go', line: 4, function: 'main.(*T).Do' },
    ]);
  });

  it('reads both quotes of Ruby, with the class from the end of the message', () => {
    const [final, cause] = parseStack(RUBY, 'ruby') ?? [];
    expect(final).toMatchObject({ type: 'ArgumentError', message: 'no user 7' });
    expect(final?.frames.at(-1)).toEqual({ file: 'app.rb', line: 3, function: 'Repo#find' });
    expect(final?.frames[0]?.function).toBe('<main>');
    expect(cause).toMatchObject({ type: 'KeyError', message: 'key not found: :b' });
  });

  it('takes the inner exception of .NET out of the outer one', () => {
    const [outer, inner] = parseStack(DOTNET, 'dotnet') ?? [];
    expect(outer).toEqual({
      type: 'System.InvalidOperationException',
      message: 'outer failed',
      frames: [
        { file: '', line: 0, function: 'App.Program.Main(String[] args)' },
        { file: '/src/Repo.cs', line: 20, function: 'App.Repo.Load()' },
      ],
    });
    expect(inner?.type).toBe('System.ArgumentException');
    expect(inner?.frames).toEqual([{ file: '/src/Repo.cs', line: 12, function: 'App.Repo.Find(Int32 id)' }]);
  });

  it('names PHP frames after the function that they are in', () => {
    const [final, cause] = parseStack(PHP, 'php') ?? [];
    expect(final).toEqual({
      type: 'RuntimeException',
      message: 'outer failed',
      frames: [
        { file: '/srv/app/a.php', line: 12, function: '{main}' },
        { file: '/srv/app/a.php', line: 9, function: 'Repo->load' },
      ],
    });
    expect(cause?.type).toBe('LogicException');
  });
});

describe('a language that is not known or not right', () => {
  const texts = { PYTHON_CHAIN, PYTHON_GROUP, NODE_CAUSE, JAVA_CHAIN, GO_PANIC, RUBY, DOTNET, PHP };
  const spoken = ['python', 'python', 'nodejs', 'java', 'go', 'ruby', 'dotnet', 'php'];

  it.each(Object.entries(texts).map(([name, text], i) => [name, text, spoken[i]] as const))(
    'recognises %s by its look',
    (_name, text, language) => {
      expect(parseStack(text, undefined)).toEqual(parseStack(text, language));
      expect(parseStack(text, 'erlang')).toEqual(parseStack(text, language));
    },
  );

  it.each(['', 'no stack at all', 'Error: boom', '{"json": true}'])('is undefined for %j', (text) => {
    expect(parseStack(text, undefined)).toBeUndefined();
    expect(parseStack(text, 'python')).toBeUndefined();
  });

  it.each([
    ['brackets', '    at '.concat(' ('.repeat(100_000))],
    ['blank lines', '\n'.repeat(200_000)],
    ['PHP without an end', ' in a\n'.repeat(50_000)],
    ['colons', 'a:1:in '.repeat(50_000)],
  ])('is done with %s in no time', (_what, text) => {
    const startedMs = performance.now();
    expect(parseStack(text, undefined)).toBeUndefined();
    expect(parseStack(text, 'php')).toBeUndefined();
    // Milliseconds where no pattern is quadratic; the bound is generous for slow machines.
    expect(performance.now() - startedMs).toBeLessThan(5000);
  });
});
