#include "crypto/preauth_hash.h"

#include "crypto/digest.h"

namespace sluice::crypto {

void PreauthHash::Update(absl::Span<const uint8_t> message) { value_ = Sha512({value_, message}); }

}  // namespace sluice::crypto
