// The multi-buffer library called with nothing around it: the limit that benchmarks hold the stage
// against. One contiguous message a job. Where the library refuses a message because of its length
// (CMAC, CCM and HMAC above 65,534 bytes) the message runs as independent pieces: the same bytes at
// the library's speed, without the result that only chaining gives.
#ifndef SLUICE_CRYPTO_IPSEC_MB_DIRECT_H_
#define SLUICE_CRYPTO_IPSEC_MB_DIRECT_H_

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/types/span.h"
#include "crypto/algorithms.h"
#include "crypto/ipsec_mb/manager.h"
#include "crypto/keys.h"

namespace sluice::crypto {

class Direct {
 public:
  using Messages = absl::Span<const absl::Span<uint8_t>>;

  // Null where the processor has no AES instructions.
  static std::unique_ptr<Direct> Create();

  void Sign(const SigningKey& key, Messages messages);
  // In place.
  void Seal(const CipherKey& key, absl::Span<const uint8_t> associated_data, Messages messages);

 private:
  Direct() = default;
  template <typename Fill>
  void RunJobs(Messages messages, Fill fill);
  void Hmac(const SigningKey& key, Messages messages);

  std::unique_ptr<Manager> manager_;
  std::vector<IMB_JOB> jobs_;
  alignas(64) gcm_context_data context_{};
  alignas(16) std::array<uint8_t, 16> nonce_{};
  alignas(16) std::array<uint8_t, 16> tag_{};
};

}  // namespace sluice::crypto

#endif  // SLUICE_CRYPTO_IPSEC_MB_DIRECT_H_
