#include "crypto/keys.h"

#include "crypto/key_expansion.h"

namespace sluice::crypto {
namespace {

bool LengthFits(SigningAlgorithm algorithm, size_t size) {
  return algorithm == SigningAlgorithm::kHmacSha256 ? size > 0 : size == kSigningKeyBytes;
}

Processor Resolve(Processor processor) {
  return processor == Processor::kAuto ? DetectProcessor() : processor;
}

}  // namespace

SigningKey::SigningKey(SigningAlgorithm algorithm, absl::Span<const uint8_t> key,
                       Processor processor)
    : algorithm_(algorithm), processor_(Resolve(processor)) {
  if (!LengthFits(algorithm, key.size()) || !ProcessorAvailable(processor_)) return;
  schedule_ = ExpandSigningKey(algorithm, key, processor_);
}

CipherKey::CipherKey(Cipher cipher, absl::Span<const uint8_t> key, Processor processor)
    : cipher_(cipher), processor_(Resolve(processor)) {
  if (cipher == Cipher::kNone || key.size() != CipherKeyBytes(cipher)) return;
  if (!ProcessorAvailable(processor_)) return;
  schedule_ = ExpandCipherKey(cipher, key, processor_);
}

}  // namespace sluice::crypto
