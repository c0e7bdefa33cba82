;; Part of protocols/xray: the words of a document that matter before anybody parses it, sixteen bytes at a time.
;;
;; Every tenth byte of JSON is a quote. Those are found together; behind each, one comparison tells most that they begin none of the words.
;; marks-wasm.ts is made of this file: UPDATE_DOCS=1 npx vitest run --project unit test/protocols/xray/summary.test.ts
(module
  ;; The payload, from 0, and 32 bytes more: up to 27 beyond its end are read.
  (memory (export "memory") 2)

  ;; Whether `true` stands behind spaces and colons.
  (func $is_true (param $at i32) (param $end i32) (result i32)
    (local $byte i32)
    (block $value
      (loop $next
        (if (i32.gt_u (i32.add (local.get $at) (i32.const 4)) (local.get $end)) (then (return (i32.const 0))))
        (local.set $byte (i32.load8_u (local.get $at)))
        (br_if $value
          (i32.eqz
            (i32.or
              (i32.or
                (i32.eq (local.get $byte) (i32.const 0x3a))
                (i32.eq (local.get $byte) (i32.const 0x20)))
              (i32.or
                (i32.eq (local.get $byte) (i32.const 0x09))
                (i32.or
                  (i32.eq (local.get $byte) (i32.const 0x0a))
                  (i32.eq (local.get $byte) (i32.const 0x0d)))))))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $next)))
    ;; true
    (i32.eq (i32.load (local.get $at)) (i32.const 0x65757274)))

  ;; What stands in $at <= place < $end of 1 "http", 2 "subsegment", 4 "subsegments", 8 "exceptions", 16 "fault" and 32 "error" that are
  ;; true; and times 64, how far behind $at the first "trace_id" ends, 0 without one.
  (func (export "marks") (param $at i32) (param $end i32) (result i32)
    (local $quotes i32) (local $place i32) (local $word i64) (local $rest i32) (local $length i32) (local $mark i32) (local $marks i32)
    (local $start i32) (local $trace i32)
    (local.set $start (local.get $at))
    (block $done
      (loop $block
        (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
        (local.set $quotes
          (i8x16.bitmask (i8x16.eq (v128.load (local.get $at)) (i8x16.splat (i32.const 0x22)))))
        (block $none
          (loop $quote
            (br_if $none (i32.eqz (local.get $quotes)))
            ;; Behind the quote.
            (local.set $place
              (i32.add (i32.add (local.get $at) (i32.ctz (local.get $quotes))) (i32.const 1)))
            (local.set $quotes (i32.and (local.get $quotes) (i32.sub (local.get $quotes) (i32.const 1))))
            (local.set $word (i64.load (local.get $place)))
            ;; The second letters of http, subsegment, exceptions, fault, error, trace_id: t, u, x, a, r. All others, and closing quotes, go on.
            (br_if $quote
              (i32.eqz
                (i32.and
                  (i32.shr_u
                    (i32.const 0x01340002)
                    (i32.and (i32.wrap_i64 (i64.shr_u (local.get $word) (i64.const 8))) (i32.const 31)))
                  (i32.const 1))))
            (local.set $mark (i32.const 0))
            ;; http"
            (if (i64.eq (i64.and (local.get $word) (i64.const 0xffffffffff)) (i64.const 0x2270747468))
              (then
                (local.set $mark (i32.const 1))
                (local.set $length (i32.const 5))))
            ;; subsegme
            (if (i64.eq (local.get $word) (i64.const 0x656d676573627573))
              (then
                (local.set $rest (i32.load offset=8 (local.get $place)))
                ;; nt"
                (if (i32.eq (i32.and (local.get $rest) (i32.const 0xffffff)) (i32.const 0x22746e))
                  (then
                    (local.set $mark (i32.const 2))
                    (local.set $length (i32.const 11))))
                ;; nts"
                (if (i32.eq (local.get $rest) (i32.const 0x2273746e))
                  (then
                    (local.set $mark (i32.const 4))
                    (local.set $length (i32.const 12))))))
            ;; exceptio
            (if (i64.eq (local.get $word) (i64.const 0x6f69747065637865))
              (then
                ;; ns"
                (if (i32.eq
                      (i32.and (i32.load offset=8 (local.get $place)) (i32.const 0xffffff))
                      (i32.const 0x22736e))
                  (then
                    (local.set $mark (i32.const 8))
                    (local.set $length (i32.const 11))))))
            ;; fault"
            (if (i64.eq (i64.and (local.get $word) (i64.const 0xffffffffffff)) (i64.const 0x22746c756166))
              (then
                (if (call $is_true (i32.add (local.get $place) (i32.const 6)) (local.get $end))
                  (then
                    (local.set $mark (i32.const 16))
                    (local.set $length (i32.const 6))))))
            ;; error"
            (if (i64.eq (i64.and (local.get $word) (i64.const 0xffffffffffff)) (i64.const 0x22726f727265))
              (then
                (if (call $is_true (i32.add (local.get $place) (i32.const 6)) (local.get $end))
                  (then
                    (local.set $mark (i32.const 32))
                    (local.set $length (i32.const 6))))))
            ;; trace_id
            (if (i64.eq (local.get $word) (i64.const 0x64695f6563617274))
              (then
                (if (i32.eqz (local.get $trace))
                  (then
                    (if (i32.eq (i32.load8_u offset=8 (local.get $place)) (i32.const 0x22))
                      (then
                        (local.set $length (i32.sub (i32.add (local.get $place) (i32.const 9)) (local.get $start)))
                        (if (i32.and
                              (i32.le_u (i32.add (local.get $start) (local.get $length)) (local.get $end))
                              (i32.lt_u (local.get $length) (i32.const 0x2000000)))
                          (then (local.set $trace (local.get $length))))))))))
            (if (i32.le_u (i32.add (local.get $place) (local.get $length)) (local.get $end))
              (then (local.set $marks (i32.or (local.get $marks) (local.get $mark)))))
            (br $quote)))
        (local.set $at (i32.add (local.get $at) (i32.const 16)))
        (br $block)))
    (i32.or (local.get $marks) (i32.shl (local.get $trace) (i32.const 6)))))
