// AES-GCM and AES-GMAC by the multi-buffer library. They run at full speed alone, so there are no
// lanes to fill: each message is done at once, its segments in place and without a copy.
#ifndef SLUICE_CRYPTO_IPSEC_MB_GCM_H_
#define SLUICE_CRYPTO_IPSEC_MB_GCM_H_

#include <array>
#include <cstdint>
#include <cstring>

#include "crypto/batch_stage.h"
#include "crypto/ipsec_mb/manager.h"

namespace sluice::crypto {

class Gcm {
 public:
  using Tag = std::array<uint8_t, kSignatureBytes>;

  // `manager` outlives this; its jobs are not used.
  explicit Gcm(IMB_MGR* manager) : manager_(manager) {}
  Gcm(const Gcm&) = delete;
  Gcm& operator=(const Gcm&) = delete;
  ~Gcm() { Clear(); }

  void Sign(const SignJob& job, Tag* signature);
  // Encrypts or decrypts in place and gives the tag of what was there; the caller compares.
  void Crypt(const SealJob& job, Tag* tag);
  // Wipes what the last message left.
  void Clear() {
    std::memset(context_.aad_hash, 0, sizeof(context_.aad_hash));
    std::memset(context_.partial_block_enc_key, 0, sizeof(context_.partial_block_enc_key));
    // As in Wipe(), which would cost a tenth of a small message. The rest is nonce and lengths.
    __asm__ __volatile__("" : : "r"(&context_) : "memory");
  }

 private:
  IMB_MGR* const manager_;
  alignas(64) gcm_context_data context_{};
};

}  // namespace sluice::crypto

#endif  // SLUICE_CRYPTO_IPSEC_MB_GCM_H_
