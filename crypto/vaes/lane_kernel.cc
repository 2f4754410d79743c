#include "crypto/vaes/lane_kernel.h"

#include <cpuid.h>
#include <immintrin.h>

namespace sluice::crypto {
namespace {

#define SLUICE_VAES __attribute__((target("avx512f,avx512bw,avx512vl,vaes")))

constexpr int kAXorBXorC = 0x96;  // for _mm512_ternarylogic_epi64

SLUICE_VAES inline __m128i* At(uint8_t* lane, size_t offset) {
  return reinterpret_cast<__m128i*>(lane + offset);
}

// One block of each of four lanes, read and written in place: the four addresses are loaded once.
struct FourLanes {
  SLUICE_VAES __m512i Load(size_t offset) const {
    __m512i blocks = _mm512_castsi128_si512(_mm_loadu_si128(At(a, offset)));
    blocks = _mm512_inserti32x4(blocks, _mm_loadu_si128(At(b, offset)), 1);
    blocks = _mm512_inserti32x4(blocks, _mm_loadu_si128(At(c, offset)), 2);
    return _mm512_inserti32x4(blocks, _mm_loadu_si128(At(d, offset)), 3);
  }

  SLUICE_VAES void Store(size_t offset, __m512i blocks) const {
    _mm_storeu_si128(At(a, offset), _mm512_castsi512_si128(blocks));
    _mm_storeu_si128(At(b, offset), _mm512_extracti32x4_epi32(blocks, 1));
    _mm_storeu_si128(At(c, offset), _mm512_extracti32x4_epi32(blocks, 2));
    _mm_storeu_si128(At(d, offset), _mm512_extracti32x4_epi32(blocks, 3));
  }

  uint8_t* a;
  uint8_t* b;
  uint8_t* c;
  uint8_t* d;
};

// The registers hold key stream and MACs.
SLUICE_VAES inline void ClearRegisters() {
  __asm__ __volatile__(
      "vzeroall\n\t"
      "vpxord %%zmm16, %%zmm16, %%zmm16\n\tvpxord %%zmm17, %%zmm17, %%zmm17\n\t"
      "vpxord %%zmm18, %%zmm18, %%zmm18\n\tvpxord %%zmm19, %%zmm19, %%zmm19\n\t"
      "vpxord %%zmm20, %%zmm20, %%zmm20\n\tvpxord %%zmm21, %%zmm21, %%zmm21\n\t"
      "vpxord %%zmm22, %%zmm22, %%zmm22\n\tvpxord %%zmm23, %%zmm23, %%zmm23\n\t"
      "vpxord %%zmm24, %%zmm24, %%zmm24\n\tvpxord %%zmm25, %%zmm25, %%zmm25\n\t"
      "vpxord %%zmm26, %%zmm26, %%zmm26\n\tvpxord %%zmm27, %%zmm27, %%zmm27\n\t"
      "vpxord %%zmm28, %%zmm28, %%zmm28\n\tvpxord %%zmm29, %%zmm29, %%zmm29\n\t"
      "vpxord %%zmm30, %%zmm30, %%zmm30\n\tvpxord %%zmm31, %%zmm31, %%zmm31\n\t"
      "vzeroupper"
      :
      :
      : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10",
        "xmm11", "xmm12", "xmm13", "xmm14", "xmm15", "xmm16", "xmm17", "xmm18", "xmm19", "xmm20",
        "xmm21", "xmm22", "xmm23", "xmm24", "xmm25", "xmm26", "xmm27", "xmm28", "xmm29", "xmm30",
        "xmm31");
}

// The round keys of each lane, loaded where they are used.
struct LaneKeys {
  SLUICE_VAES explicit LaneKeys(const LaneState& state) : round_keys(state.round_keys) {}
  SLUICE_VAES __m512i Get(size_t round, size_t group) const {
    return _mm512_load_si512(round_keys[round] + 64 * group);
  }
  // Once a block: the compiler would load the keys ahead of the loop, which are more than there are
  // registers, and leave on the stack what does not fit.
  void LoadAgain() const { __asm__ __volatile__("" : : : "memory"); }
  const uint8_t (*round_keys)[kVaesLanes * 16];
};

// The round keys of all lanes, in registers.
template <size_t kRounds>
struct OneKey {
  SLUICE_VAES explicit OneKey(const LaneState& state) {
#pragma GCC unroll 16
    for (size_t round = 0; round <= kRounds; ++round) {
      keys[round] = _mm512_broadcast_i32x4(
          _mm_loadu_si128(reinterpret_cast<const __m128i*>(state.one_key + 16 * round)));
    }
  }
  SLUICE_VAES __m512i Get(size_t round, size_t /*group*/) const { return keys[round]; }
  void LoadAgain() const {}
  __m512i keys[kRounds + 1];
};

// Four lanes to a register, kGroups registers.
template <size_t kGroups, size_t kRounds, typename Keys>
struct Cmac {
  SLUICE_VAES static void Run(LaneState* state, size_t blocks) {
    const Keys keys(*state);
    __m512i mac[kGroups];
#pragma GCC unroll 4
    for (size_t g = 0; g < kGroups; ++g) mac[g] = _mm512_load_si512(state->mac + 64 * g);
    for (size_t offset = 0; offset < blocks * 16; offset += 16) {
      keys.LoadAgain();
#pragma GCC unroll 4
      for (size_t g = 0; g < kGroups; ++g) {
        uint8_t* const* const text = state->text + 4 * g;
        const FourLanes lanes = {text[0], text[1], text[2], text[3]};
        mac[g] = _mm512_ternarylogic_epi64(mac[g], lanes.Load(offset), keys.Get(0, g), kAXorBXorC);
      }
#pragma GCC unroll 16
      for (size_t round = 1; round < kRounds; ++round) {
#pragma GCC unroll 4
        for (size_t g = 0; g < kGroups; ++g) {
          mac[g] = _mm512_aesenc_epi128(mac[g], keys.Get(round, g));
        }
      }
#pragma GCC unroll 4
      for (size_t g = 0; g < kGroups; ++g) {
        mac[g] = _mm512_aesenclast_epi128(mac[g], keys.Get(kRounds, g));
      }
    }
#pragma GCC unroll 4
    for (size_t g = 0; g < kGroups; ++g) _mm512_store_si512(state->mac + 64 * g, mac[g]);
    ClearRegisters();
  }
};

// The same with kGroups registers of each kind.
template <size_t kGroups, size_t kRounds, typename Keys>
struct Ccm {
  SLUICE_VAES static void Run(LaneState* state, size_t blocks) {
    const __m512i one = _mm512_set_epi32(1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0);
    // Reverses the last four bytes of each block.
    const __m512i big_endian =
        _mm512_broadcast_i32x4(_mm_setr_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 15, 14, 13, 12));
    const Keys keys(*state);
    __m512i mac[kGroups];
    __m512i stream[kGroups];
    __m512i counter[kGroups];
#pragma GCC unroll 4
    for (size_t g = 0; g < kGroups; ++g) {
      mac[g] = _mm512_load_si512(state->mac + 64 * g);
      stream[g] = _mm512_load_si512(state->stream + 64 * g);
      counter[g] = _mm512_load_si512(state->counter + 64 * g);
    }
    for (size_t offset = 0; offset < blocks * 16; offset += 16) {
#pragma GCC unroll 4
      for (size_t g = 0; g < kGroups; ++g) {
        constexpr int kAXorBAndC = 0x78;
        const __m512i key = keys.Get(0, g);
        const __m512i mac_output = _mm512_load_si512(state->mac_output + 64 * g);
        uint8_t* const* const text = state->text + 4 * g;
        const FourLanes lanes = {text[0], text[1], text[2], text[3]};
        const __m512i in = lanes.Load(offset);
        lanes.Store(offset, _mm512_xor_si512(in, stream[g]));
        const __m512i mac_input = _mm512_ternarylogic_epi64(in, stream[g], mac_output, kAXorBAndC);
        mac[g] = _mm512_ternarylogic_epi64(mac[g], mac_input, key, kAXorBXorC);
        counter[g] = _mm512_add_epi32(counter[g], one);
        stream[g] = _mm512_xor_si512(_mm512_shuffle_epi8(counter[g], big_endian), key);
      }
#pragma GCC unroll 16
      for (size_t round = 1; round < kRounds; ++round) {
#pragma GCC unroll 4
        for (size_t g = 0; g < kGroups; ++g) {
          const __m512i key = keys.Get(round, g);
          mac[g] = _mm512_aesenc_epi128(mac[g], key);
          stream[g] = _mm512_aesenc_epi128(stream[g], key);
        }
      }
#pragma GCC unroll 4
      for (size_t g = 0; g < kGroups; ++g) {
        const __m512i key = keys.Get(kRounds, g);
        mac[g] = _mm512_aesenclast_epi128(mac[g], key);
        stream[g] = _mm512_aesenclast_epi128(stream[g], key);
      }
    }
#pragma GCC unroll 4
    for (size_t g = 0; g < kGroups; ++g) {
      _mm512_store_si512(state->mac + 64 * g, mac[g]);
      _mm512_store_si512(state->stream + 64 * g, stream[g]);
      _mm512_store_si512(state->counter + 64 * g, counter[g]);
    }
    ClearRegisters();
  }
};

template <template <size_t, size_t, typename> typename Algorithm, size_t kGroups, size_t kRounds>
void Run(LaneState* state, size_t blocks) {
  state->one_key != nullptr ? Algorithm<kGroups, kRounds, OneKey<kRounds>>::Run(state, blocks)
                            : Algorithm<kGroups, kRounds, LaneKeys>::Run(state, blocks);
}

template <size_t kRounds>
void RunCcm(LaneState* state, size_t lanes, size_t blocks) {
  lanes == 4 ? Run<Ccm, 1, kRounds>(state, blocks) : Run<Ccm, 2, kRounds>(state, blocks);
}

}  // namespace

bool LaneKernelAvailable() {
  // The first three also ask whether the operating system saves the registers. clang 14 does not
  // know VAES by name.
  unsigned int eax, ebx, ecx = 0, edx;
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl") && __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) &&
         (ecx & bit_VAES) != 0;
}

void CmacKernel(LaneState* state, size_t lanes, size_t blocks) {
  if (lanes == 4) {
    Run<Cmac, 1, 10>(state, blocks);
  } else if (lanes == 8) {
    Run<Cmac, 2, 10>(state, blocks);
  } else if (lanes == 12) {
    Run<Cmac, 3, 10>(state, blocks);
  } else {
    Run<Cmac, 4, 10>(state, blocks);
  }
}

void CcmKernel(LaneState* state, size_t lanes, size_t rounds, size_t blocks) {
  rounds == 10 ? RunCcm<10>(state, lanes, blocks) : RunCcm<14>(state, lanes, blocks);
}

}  // namespace sluice::crypto
