;; CRC-64/XZ: everything but the bulk of the fold, which fold-simd.wat and fold-scalar.wat give.
;; scripts/assemble-kernel.mjs joins this file with each of them into one module.
;;
;; One instance serves every stream. A call works on the bytes that the caller put at the window and on the
;; register cell (the register is the complement of the CRC). A stream that folds has a slot besides.
;;
;; Memory map, in bytes:
;;       0  16 tables of 256 registers: table k has the register after a byte and k zero bytes more
;;   32768  the register cell
;;   32928  room for the 864 bytes of history that a fold puts before the window
;;   33792  the window, 32 KiB
;;   66560  16 slots of 33792 bytes
;; A slot: at 0 the position in the ring (i32), at 16 the history (864), at 880 the ring (32767, and 63 of spill)
(memory (export "memory") 10)
(global (export "registerOffset") i32 (i32.const 32768))
(global (export "windowOffset") i32 (i32.const 33792))
(global (export "windowBytes") i32 (i32.const 32768))
(global (export "slotCount") i32 (i32.const 16))

;; P without x^64, bit-reflected (ECMA-182)
(global $polynomial i64 (i64.const 0xc96c5795d7870f42))

;; times x modulo P
(func $double (param $value i64) (result i64)
  (i64.xor
    (i64.shr_u (local.get $value) (i64.const 1))
    (i64.and (global.get $polynomial) (i64.sub (i64.const 0) (i64.and (local.get $value) (i64.const 1))))))

;; the product of two residues modulo P
(func $multiply (param $a i64) (param $b i64) (result i64)
  (local $product i64)
  (loop $bits
    ;; the most significant bit of a is its x^0
    (local.set $product
      (i64.xor (local.get $product)
        (i64.and (local.get $b) (i64.shr_s (local.get $a) (i64.const 63)))))
    (local.set $b (call $double (local.get $b)))
    (br_if $bits (i64.ne (local.tee $a (i64.shl (local.get $a) (i64.const 1))) (i64.const 0))))
  (local.get $product))

(func $buildTables
  (local $at i32) (local $bit i32) (local $value i64)
  (loop $bytes
    (local.set $value (i64.extend_i32_u (i32.shr_u (local.get $at) (i32.const 3))))
    (local.set $bit (i32.const 8))
    (loop $bits
      (local.set $value (call $double (local.get $value)))
      (br_if $bits (local.tee $bit (i32.sub (local.get $bit) (i32.const 1)))))
    (i64.store (local.get $at) (local.get $value))
    (br_if $bytes (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 8))) (i32.const 2048))))
  (loop $slices
    (i64.store offset=2048 (local.tee $at (i32.sub (local.get $at) (i32.const 2048)))
      (call $step (i64.load (local.get $at)) (i32.const 0)))
    (br_if $slices
      (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 2056))) (i32.const 32768)))))
(start $buildTables)

;; the register after one byte more
(func $step (param $register i64) (param $byte i32) (result i64)
  (i64.xor
    (i64.shr_u (local.get $register) (i64.const 8))
    (i64.load
      (i32.shl
        (i32.and (i32.xor (i32.wrap_i64 (local.get $register)) (local.get $byte)) (i32.const 255))
        (i32.const 3)))))

;; the register after the bytes from $at to $end: slicing by 16
(func $slice (param $register i64) (param $at i32) (param $end i32) (result i64)
  (local $low i64) (local $high i64)
  (block $bulkDone
    (loop $bulk
      (br_if $bulkDone (i32.gt_u (i32.add (local.get $at) (i32.const 16)) (local.get $end)))
      (local.set $low (i64.xor (local.get $register) (i64.load (local.get $at))))
      (local.set $high (i64.load offset=8 (local.get $at)))
      ;; byte k of each half, times the 8 bytes of an entry, finds the entry in its table
      (local.set $register
        (i64.xor
          (i64.xor
            (i64.xor
              (i64.xor
                (i64.load offset=30720 (i32.and (i32.wrap_i64 (i64.shl (local.get $low) (i64.const 3))) (i32.const 2040)))
                (i64.load offset=28672 (i32.and (i32.wrap_i64 (i64.shr_u (local.get $low) (i64.const 5))) (i32.const 2040))))
              (i64.xor
                (i64.load offset=26624 (i32.and (i32.wrap_i64 (i64.shr_u (local.get $low) (i64.const 13))) (i32.const 2040)))
                (i64.load offset=24576 (i32.and (i32.wrap_i64 (i64.shr_u (local.get $low) (i64.const 21))) (i32.const 2040)))))
            (i64.xor
              (i64.xor
                (i64.load offset=22528 (i32.and (i32.wrap_i64 (i64.shr_u (local.get $low) (i64.const 29))) (i32.const 2040)))
                (i64.load offset=20480 (i32.and (i32.wrap_i64 (i64.shr_u (local.get $low) (i64.const 37))) (i32.const 2040))))
              (i64.xor
                (i64.load offset=18432 (i32.and (i32.wrap_i64 (i64.shr_u (local.get $low) (i64.const 45))) (i32.const 2040)))
                (i64.load offset=16384 (i32.and (i32.wrap_i64 (i64.shr_u (local.get $low) (i64.const 53))) (i32.const 2040))))))
          (i64.xor
            (i64.xor
              (i64.xor
                (i64.load offset=14336 (i32.and (i32.wrap_i64 (i64.shl (local.get $high) (i64.const 3))) (i32.const 2040)))
                (i64.load offset=12288 (i32.and (i32.wrap_i64 (i64.shr_u (local.get $high) (i64.const 5))) (i32.const 2040))))
              (i64.xor
                (i64.load offset=10240 (i32.and (i32.wrap_i64 (i64.shr_u (local.get $high) (i64.const 13))) (i32.const 2040)))
                (i64.load offset=8192 (i32.and (i32.wrap_i64 (i64.shr_u (local.get $high) (i64.const 21))) (i32.const 2040)))))
            (i64.xor
              (i64.xor
                (i64.load offset=6144 (i32.and (i32.wrap_i64 (i64.shr_u (local.get $high) (i64.const 29))) (i32.const 2040)))
                (i64.load offset=4096 (i32.and (i32.wrap_i64 (i64.shr_u (local.get $high) (i64.const 37))) (i32.const 2040))))
              (i64.xor
                (i64.load offset=2048 (i32.and (i32.wrap_i64 (i64.shr_u (local.get $high) (i64.const 45))) (i32.const 2040)))
                (i64.load (i32.and (i32.wrap_i64 (i64.shr_u (local.get $high) (i64.const 53))) (i32.const 2040))))))))
      (local.set $at (i32.add (local.get $at) (i32.const 16)))
      (br $bulk)))
  (block $done
    (loop $bytes
      (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
      (local.set $register (call $step (local.get $register) (i32.load8_u (local.get $at))))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br $bytes)))
  (local.get $register))

;; runs the register cell over the first $bytes bytes of the window
(func (export "slice") (param $bytes i32)
  (i64.store offset=32768 (i32.const 0)
    (call $slice
      (i64.load offset=32768 (i32.const 0))
      (i32.const 33792)
      (i32.add (i32.const 33792) (local.get $bytes)))))

(func $slot (param $index i32) (result i32)
  (i32.add (i32.const 66560) (i32.mul (local.get $index) (i32.const 33792))))

;; Starts a fold from the register cell. A register is what the next 8 bytes are XORed with before a CRC
;; that starts from zero: in the ring it lies under them, in the history 857 bytes before them.
(func (export "foldBegin") (param $index i32)
  (local $slot i32) (local $at i32) (local $end i32)
  (local.set $end
    (i32.add (local.tee $at (local.tee $slot (call $slot (local.get $index)))) (i32.const 33792)))
  (loop $clear
    (i64.store (local.get $at) (i64.const 0))
    (br_if $clear (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 8))) (local.get $end))))
  (i64.store offset=880 (local.get $slot) (i64.load offset=32768 (i32.const 0)))
  (i64.store offset=23 (local.get $slot) (i64.load offset=32768 (i32.const 0))))

;; Folds the first $bytes bytes of the window into a slot.
;;
;; P = A * D with A = 0xb1849156399b and D = 0x25f39 (test/kernel.test.ts checks what is said here).
;; Modulo A, x^(8 * 32767) = 1: a byte weighs the same 32767 bytes further on, so the message is XORed into a
;; ring of that length. Modulo D, 1 = z^674 + z^857 with z = x^-8: a byte can be moved to the places 674 and
;; 857 bytes further on, so folded[i] = byte[i] + folded[i - 674] + folded[i - 857], in place over the window,
;; and the last 857 bytes are all that matters.
(func (export "fold") (param $index i32) (param $bytes i32)
  (local $slot i32) (local $position i32) (local $at i32) (local $bulkEnd i32) (local $end i32)
  (local.set $slot (call $slot (local.get $index)))
  ;; 864 bytes before the next byte, so that every place is at a positive offset from $at
  (local.set $at (i32.const 32928))
  (local.set $bulkEnd (i32.add (local.get $at) (i32.and (local.get $bytes) (i32.const -64))))
  (local.set $end (i32.add (local.get $at) (local.get $bytes)))
  (call $copyHistory (i32.add (local.get $slot) (i32.const 16)) (local.get $at))
  (local.set $position
    (call $foldBulk
      (i32.add (local.get $slot) (i32.const 880))
      (i32.load (local.get $slot))
      (local.get $at)
      (local.get $bulkEnd)))
  (local.set $at (local.get $bulkEnd))
  (block $done
    (loop $tail
      (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
      (call $foldByte (i32.add (i32.add (local.get $slot) (i32.const 880)) (local.get $position)) (local.get $at))
      (local.set $position (call $advance (local.get $position) (i32.const 1)))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br $tail)))
  (call $copyHistory (local.get $end) (i32.add (local.get $slot) (i32.const 16)))
  (i32.store (local.get $slot) (local.get $position)))

(func $foldByte (param $place i32) (param $at i32)
  (local $byte i32)
  (local.set $byte (i32.load8_u offset=864 (local.get $at)))
  (i32.store8 (local.get $place) (i32.xor (i32.load8_u (local.get $place)) (local.get $byte)))
  (i32.store8 offset=864 (local.get $at)
    (i32.xor (local.get $byte)
      (i32.xor (i32.load8_u offset=190 (local.get $at)) (i32.load8_u offset=7 (local.get $at))))))

;; a position in the ring, some bytes (at most 32767) further on
(func $advance (param $position i32) (param $bytes i32) (result i32)
  (local.set $position (i32.add (local.get $position) (local.get $bytes)))
  (select
    (i32.sub (local.get $position) (i32.const 32767))
    (local.get $position)
    (i32.ge_u (local.get $position) (i32.const 32767))))

;; copies 864 bytes upwards
(func $copyHistory (param $from i32) (param $to i32)
  (local $end i32)
  (local.set $end (i32.add (local.get $from) (i32.const 864)))
  (loop $words
    (i64.store (local.get $to) (i64.load (local.get $from)))
    (local.set $to (i32.add (local.get $to) (i32.const 8)))
    (br_if $words (i32.lt_u (local.tee $from (i32.add (local.get $from) (i32.const 8))) (local.get $end)))))

;; Ends a fold: the register cell gets the register after all bytes of the slot. The slot is spent.
(func (export "foldFinish") (param $index i32)
  (local $slot i32) (local $place i32) (local $at i32) (local $end i32) (local $moduloA i64) (local $moduloD i64)
  (local.set $slot (call $slot (local.get $index)))
  (local.set $place (i32.add (i32.add (local.get $slot) (i32.const 880)) (i32.load (local.get $slot))))
  ;; what a bulk step spilt past the ring's end belongs to its start
  (local.set $end (i32.add (local.tee $at (local.get $slot)) (i32.const 64)))
  (loop $spill
    (i64.store offset=880 (local.get $at)
      (i64.xor (i64.load offset=880 (local.get $at)) (i64.load offset=33647 (local.get $at))))
    (br_if $spill (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 8))) (local.get $end))))
  ;; the ring, oldest byte first
  (local.set $moduloA
    (call $slice
      (call $slice (i64.const 0) (local.get $place) (i32.add (local.get $slot) (i32.const 33647)))
      (i32.add (local.get $slot) (i32.const 880))
      (local.get $place)))
  ;; the last 857 folded bytes, without what they received from each other: the last 183 (857 - 674) did
  (local.set $end (i32.add (local.tee $at (local.get $slot)) (i32.const 183)))
  (loop $unfold
    (i32.store8 offset=697 (local.get $at)
      (i32.xor (i32.load8_u offset=697 (local.get $at)) (i32.load8_u offset=23 (local.get $at))))
    (br_if $unfold (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 1))) (local.get $end))))
  (local.set $moduloD
    (call $slice (i64.const 0)
      (i32.add (local.get $slot) (i32.const 23))
      (i32.add (local.get $slot) (i32.const 880))))
  ;; Chinese remainder theorem: the first constant is 1 modulo A and 0 modulo D, the second the reverse
  (i64.store offset=32768 (i32.const 0)
    (i64.xor
      (call $multiply (i64.const 0xa73d4cfdddf51087) (local.get $moduloA))
      (call $multiply (i64.const 0x273d4cfdddf51087) (local.get $moduloD)))))
