// The inner loop of CCM over several messages at once, with the 512-bit AES instructions: for each
// message one block of the CBC-MAC and one block of key stream go through the rounds side by side.
#ifndef SLUICE_CRYPTO_VAES_CCM_KERNEL_H_
#define SLUICE_CRYPTO_VAES_CCM_KERNEL_H_

#include <cstddef>
#include <cstdint>

namespace sluice::crypto {

inline constexpr size_t kCcmLanes = 16;
inline constexpr size_t kCcmRoundKeysMax = 15;

// Lane i's block is bytes 16 i to 16 i + 15 of each array.
struct alignas(64) CcmState {
  uint8_t round_keys[kCcmRoundKeysMax][kCcmLanes * 16];
  uint8_t mac[kCcmLanes * 16];
  // The key stream for the next block and the counter that it came from; the counter's last four
  // bytes are in the processor's order.
  uint8_t stream[kCcmLanes * 16];
  uint8_t counter[kCcmLanes * 16];
  // All ones where the MAC takes in what is written (a message that is opened), zero where it takes
  // in what is read.
  uint8_t mac_output[kCcmLanes * 16];
  // The next block, over which the stream is written.
  uint8_t* text[kCcmLanes];
  // Where all lanes have one key, its round keys, 16 bytes each; null: each lane has its own above.
  // One key stays in registers, which saves a quarter of the time.
  const uint8_t* one_key;
};

// Whether this processor can run the kernel.
bool CcmKernelAvailable();

// `blocks` blocks of the first `lanes` lanes (4, 8 or 16) with `rounds` rounds (10 or 14). Does not
// move `text`. Leaves no secret in the vector registers.
void CcmKernel(CcmState* state, size_t lanes, size_t rounds, size_t blocks);

}  // namespace sluice::crypto

#endif  // SLUICE_CRYPTO_VAES_CCM_KERNEL_H_
