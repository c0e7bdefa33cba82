;; Part of the model: UTF-8 as a JSON string literal, eight bytes at a time.
;;
;; Which of the eight need a backslash before them is a number of eight bits; a table says for each such number how the bytes are to be
;; spread, so that there is nothing to guess at: every tenth byte of JSON is a quote, and no processor foresees which.
;; json-literal-wasm.ts is made of this file: UPDATE_DOCS=1 npx vitest run --project unit test/model/json-literal.test.ts
(module
  ;; From 0: 256 ways of spreading, of 16 bytes each, where 15 stands for a backslash. From 4096: of each control character the letter that
  ;; stands for it, or 0. From 4128: hex digits. Behind 4144: whatever the caller puts there.
  (memory (export "memory") 1)

  ;; The bytes of $at <= place < $end, none of them a block of eight, to $out. Returns where they end there.
  (func $one_by_one (param $at i32) (param $end i32) (param $out i32) (result i32)
    (local $byte i32) (local $letter i32)
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
        (local.set $byte (i32.load8_u (local.get $at)))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (if (i32.lt_u (local.get $byte) (i32.const 0x20))
          (then
            (i32.store8 (local.get $out) (i32.const 0x5c))
            (local.set $letter (i32.load8_u offset=4096 (local.get $byte)))
            (if (local.get $letter)
              (then
                (i32.store8 offset=1 (local.get $out) (local.get $letter))
                (local.set $out (i32.add (local.get $out) (i32.const 2))))
              (else
                ;; u00, and two digits.
                (i32.store offset=1 (local.get $out) (i32.const 0x00303075))
                (i32.store8 offset=4 (local.get $out)
                  (i32.load8_u offset=4128 (i32.shr_u (local.get $byte) (i32.const 4))))
                (i32.store8 offset=5 (local.get $out)
                  (i32.load8_u offset=4128 (i32.and (local.get $byte) (i32.const 15))))
                (local.set $out (i32.add (local.get $out) (i32.const 6))))))
          (else
            (if (i32.or
                  (i32.eq (local.get $byte) (i32.const 0x22))
                  (i32.eq (local.get $byte) (i32.const 0x5c)))
              (then
                (i32.store8 (local.get $out) (i32.const 0x5c))
                (local.set $out (i32.add (local.get $out) (i32.const 1)))))
            (i32.store8 (local.get $out) (local.get $byte))
            (local.set $out (i32.add (local.get $out) (i32.const 1)))))
        (br $next)))
    (local.get $out))

  ;; The literal of $at <= place < $end, to $out; returns where it ends. Takes up to six times as many bytes, two quotes, and 8 more.
  (func (export "write") (param $at i32) (param $end i32) (param $out i32) (result i32)
    (local $bytes v128) (local $controls v128) (local $marked i32)
    (i32.store8 (local.get $out) (i32.const 0x22))
    (local.set $out (i32.add (local.get $out) (i32.const 1)))
    (block $done
      (loop $next
        (br_if $done (i32.gt_u (i32.add (local.get $at) (i32.const 8)) (local.get $end)))
        ;; The upper half becomes spaces but for its last byte, the backslash.
        (local.set $bytes
          (v128.or
            (v128.load64_zero (local.get $at))
            (v128.const i8x16 0 0 0 0 0 0 0 0 32 32 32 32 32 32 32 0x5c)))
        (local.set $controls (i8x16.lt_u (local.get $bytes) (i8x16.splat (i32.const 0x20))))
        (if (v128.any_true (local.get $controls))
          (then
            (local.set $out
              (call $one_by_one
                (local.get $at) (i32.add (local.get $at) (i32.const 8)) (local.get $out))))
          (else
            (local.set $marked
              (i32.and
                (i8x16.bitmask
                  (v128.or
                    (i8x16.eq (local.get $bytes) (i8x16.splat (i32.const 0x22)))
                    (i8x16.eq (local.get $bytes) (i8x16.splat (i32.const 0x5c)))))
                (i32.const 0xff)))
            (v128.store (local.get $out)
              (i8x16.swizzle
                (local.get $bytes)
                (v128.load (i32.shl (local.get $marked) (i32.const 4)))))
            (local.set $out
              (i32.add
                (local.get $out)
                (i32.add (i32.const 8) (i32.popcnt (local.get $marked)))))))
        (local.set $at (i32.add (local.get $at) (i32.const 8)))
        (br $next)))
    (local.set $out (call $one_by_one (local.get $at) (local.get $end) (local.get $out)))
    (i32.store8 (local.get $out) (i32.const 0x22))
    (i32.add (local.get $out) (i32.const 1))))
