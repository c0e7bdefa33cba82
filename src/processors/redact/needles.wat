;; Part of processors/redact: where one of many three-byte blocks may begin, and where digits stand, sixteen bytes at a time.
;;
;; "find" is after Teddy, of Intel's Hyperscan: blocks are in eight groups, a bit each. For each of a block's three bytes two tables tell
;; by its low and by its high half which groups it may belong to; a place where a bit is left of all six is worth a look.
;; needles-wasm.ts is made of this file: UPDATE_DOCS=1 npx vitest run --project unit test/processors/redact/needles.test.ts
(module
  ;; From 0: six tables of 16 bytes, low and high half of the first, second and third byte. Behind them: the bytes to search.
  (memory (export "memory") 2)

  ;; The first place from $at on and before $end; -1 where there is none. Reads up to 17 bytes beyond $end.
  (func (export "find") (param $at i32) (param $end i32) (result i32)
    (local $low v128) (local $first v128) (local $second v128) (local $third v128) (local $groups v128)
    (local.set $low (i8x16.splat (i32.const 15)))
    (block $nowhere
      (loop $next
        (br_if $nowhere (i32.ge_u (local.get $at) (local.get $end)))
        (local.set $first (v128.load (local.get $at)))
        (local.set $second (v128.load offset=1 (local.get $at)))
        (local.set $third (v128.load offset=2 (local.get $at)))
        (local.set $groups
          (v128.and
            (v128.and
              (v128.and
                (i8x16.swizzle (v128.load (i32.const 0)) (v128.and (local.get $first) (local.get $low)))
                (i8x16.swizzle (v128.load (i32.const 16)) (i8x16.shr_u (local.get $first) (i32.const 4))))
              (v128.and
                (i8x16.swizzle (v128.load (i32.const 32)) (v128.and (local.get $second) (local.get $low)))
                (i8x16.swizzle (v128.load (i32.const 48)) (i8x16.shr_u (local.get $second) (i32.const 4)))))
            (v128.and
              (i8x16.swizzle (v128.load (i32.const 64)) (v128.and (local.get $third) (local.get $low)))
              (i8x16.swizzle (v128.load (i32.const 80)) (i8x16.shr_u (local.get $third) (i32.const 4))))))
        (if (v128.any_true (local.get $groups))
          (then
            (local.set $at
              (i32.add
                (local.get $at)
                (i32.ctz (i8x16.bitmask (i8x16.ne (local.get $groups) (v128.const i64x2 0 0))))))
            (return (select (local.get $at) (i32.const -1) (i32.lt_u (local.get $at) (local.get $end))))))
        (local.set $at (i32.add (local.get $at) (i32.const 16)))
        (br $next)))
    (i32.const -1))

  ;; The first of the four-byte lanes from $at on and before $end that has digits, spaces and dashes only, and a digit in its middle; -1
  ;; where there is none. Thirteen digits in groups fill two lanes at the least, however they lie. Reads up to 15 bytes beyond $end.
  (func (export "findDigits") (param $at i32) (param $end i32) (result i32)
    (local $bytes v128) (local $digits v128) (local $lanes v128)
    (block $nowhere
      (loop $next
        (br_if $nowhere (i32.ge_u (local.get $at) (local.get $end)))
        (local.set $bytes (v128.load (local.get $at)))
        (local.set $digits
          (i8x16.lt_u (i8x16.sub (local.get $bytes) (i8x16.splat (i32.const 0x30))) (i8x16.splat (i32.const 10))))
        (local.set $lanes
          (v128.and
            (i32x4.eq
              (v128.or
                (local.get $digits)
                (v128.or
                  (i8x16.eq (local.get $bytes) (i8x16.splat (i32.const 0x20)))
                  (i8x16.eq (local.get $bytes) (i8x16.splat (i32.const 0x2d)))))
              (i32x4.splat (i32.const -1)))
            (i32x4.ne
              (v128.and (local.get $digits) (i32x4.splat (i32.const 0x00ffff00)))
              (v128.const i64x2 0 0))))
        (if (v128.any_true (local.get $lanes))
          (then
            (local.set $at
              (i32.add
                (local.get $at)
                (i32.shl (i32.ctz (i32x4.bitmask (local.get $lanes))) (i32.const 2))))
            (return (select (local.get $at) (i32.const -1) (i32.lt_u (local.get $at) (local.get $end))))))
        (local.set $at (i32.add (local.get $at) (i32.const 16)))
        (br $next)))
    (i32.const -1)))
