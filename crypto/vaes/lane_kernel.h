// The inner loop of CMAC and CCM over several messages at once, with the 512-bit AES instructions:
// for each message a block of the CBC-MAC goes through the rounds, for CCM with a block of key
// stream beside it.
#ifndef SLUICE_CRYPTO_VAES_LANE_KERNEL_H_
#define SLUICE_CRYPTO_VAES_LANE_KERNEL_H_

#include <cstddef>
#include <cstdint>

namespace sluice::crypto {

inline constexpr size_t kVaesLanes = 16;
inline constexpr size_t kRoundKeysMax = 15;

// Lane i's block is bytes 16 i to 16 i + 15 of each array.
struct alignas(64) LaneState {
  uint8_t round_keys[kRoundKeysMax][kVaesLanes * 16];
  uint8_t mac[kVaesLanes * 16];
  // CCM only, down to mac_output. The key stream for the next block and the counter that it came
  // from; the counter's last four bytes are in the processor's order.
  uint8_t stream[kVaesLanes * 16];
  uint8_t counter[kVaesLanes * 16];
  // All ones where the MAC takes in what is written (a message that is opened), zero where it takes
  // in what is read.
  uint8_t mac_output[kVaesLanes * 16];
  // The next block, over which the stream is written; CMAC only reads it.
  uint8_t* text[kVaesLanes];
  // Where all lanes have one key, its round keys, 16 bytes each; null: each lane has its own above.
  // One key stays in registers, which saves a quarter of the time.
  const uint8_t* one_key;
};

// Whether this processor can run the kernel.
bool LaneKernelAvailable();

// `blocks` blocks of the first `lanes` lanes: 4, 8 or, CMAC only, 12 or 16. Do not move `text`;
// leave no secret in the vector registers. CCM's `rounds` are 10 or 14.
void CmacKernel(LaneState* state, size_t lanes, size_t blocks);
void CcmKernel(LaneState* state, size_t lanes, size_t rounds, size_t blocks);

}  // namespace sluice::crypto

#endif  // SLUICE_CRYPTO_VAES_LANE_KERNEL_H_
