#include "tests/fuzz/crypto_stage/stage_run.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <memory>
#include <vector>

#include "crypto/batch_stage.h"
#include "crypto/reference/reference.h"

namespace sluice::fuzz {
namespace {

using crypto::BatchStage;
using crypto::Cipher;
using crypto::CipherKey;
using crypto::Processor;
using crypto::SealJob;
using crypto::SigningAlgorithm;
using crypto::SigningKey;
using crypto::SignJob;
using Bytes = std::vector<uint8_t>;

constexpr size_t kDescriptionBytes = 10;
constexpr size_t kJobsMax = 80;
// The oracle is slow.
constexpr size_t kTotalBytesMax = 200000;

constexpr SigningAlgorithm kSigning[] = {
    SigningAlgorithm::kHmacSha256, SigningAlgorithm::kAes128Cmac, SigningAlgorithm::kAes128Gmac};
constexpr Cipher kCiphers[] = {Cipher::kAes128Ccm, Cipher::kAes128Gcm, Cipher::kAes256Ccm,
                               Cipher::kAes256Gcm};
constexpr size_t kAlgorithms = std::size(kSigning) + std::size(kCiphers);
constexpr Processor kProcessors[] = {Processor::kAvx512, Processor::kAvx2, Processor::kSse,
                                     Processor::kNoAesni};

struct Case {
  size_t algorithm;
  bool check;
  bool broken;  // what is checked differs from what was made
  Bytes key;
  std::array<uint8_t, 12> nonce{};
  Bytes associated_data;
  Bytes plain;
  Bytes expected_text;
  Bytes expected_tag;
  Bytes buffer;
  SigningKey signing_key;
  CipherKey cipher_key;
  SignJob sign;
  SealJob seal;

  bool signs() const { return algorithm < std::size(kSigning); }
};

void Require(bool condition, const char* what, const Case& c) {
  if (condition) return;
  std::fprintf(stderr, "%s: algorithm %zu, %zu bytes, check %d, broken %d\n", what, c.algorithm,
               c.plain.size(), c.check, c.broken);
  std::abort();
}

void Describe(absl::Span<const uint8_t> d, size_t budget, Case* c) {
  c->algorithm = d[0] % kAlgorithms;
  c->check = (d[0] & 0x80) != 0;
  size_t length = d[2] | d[3] << 8 | d[4] << 16;
  // Mostly short: the largest pieces need few inputs.
  length %= d[4] >= 0xfc ? 140000 : 600;
  c->plain.resize(std::min(length, budget));
  uint32_t state = d[8] * 2654435761u + 1;
  const auto next = [&state] {
    state = state * 1664525 + 1013904223;
    return static_cast<uint8_t>(state >> 24);
  };
  for (uint8_t& byte : c->plain) byte = next();
  c->key.resize(c->signs() ? 16
                           : crypto::CipherKeyBytes(kCiphers[c->algorithm - std::size(kSigning)]));
  std::fill(c->key.begin(), c->key.end(), d[1] % 5);
  for (uint8_t& byte : c->nonce) byte = next();
  c->associated_data.resize(d[1] / 5 % (crypto::kMaxAssociatedDataBytes + 1));
  for (uint8_t& byte : c->associated_data) byte = next();
}

template <typename Job>
void Cut(absl::Span<const uint8_t> cuts, absl::Span<uint8_t> rest, Job* job) {
  for (uint8_t cut : cuts) {
    // 0 to 127 bytes, or that many parts of 128 of what is left.
    const size_t wanted = cut < 128 ? cut : rest.size() * (cut - 128) / 128;
    const size_t size = std::min(wanted, rest.size());
    job->segments[job->segment_count++] = rest.subspan(0, size);
    rest.remove_prefix(size);
  }
  job->segments[job->segment_count++] = rest;
}

void Start(absl::Span<const uint8_t> d, Processor processor, BatchStage* stage, Case* c) {
  const absl::Span<const uint8_t> cuts = d.subspan(5, 3);
  const uint8_t breaking = d[9];
  std::array<uint8_t, crypto::kSignatureBytes> tag{};
  if (c->signs()) {
    const SigningAlgorithm algorithm = kSigning[c->algorithm];
    c->expected_tag = crypto::reference::Sign(algorithm, c->key, c->nonce, c->plain);
    c->buffer = c->plain;
    c->signing_key = SigningKey(algorithm, c->key, processor);
  } else {
    const Cipher cipher = kCiphers[c->algorithm - std::size(kSigning)];
    crypto::reference::Sealed sealed =
        crypto::reference::Seal(cipher, c->key, c->nonce, c->associated_data, c->plain);
    c->expected_text = std::move(sealed.text);
    c->expected_tag = std::move(sealed.tag);
    c->buffer = c->check ? c->expected_text : c->plain;
    c->cipher_key = CipherKey(cipher, c->key, processor);
  }
  c->broken = false;
  if (c->check) {
    std::copy(c->expected_tag.begin(), c->expected_tag.end(), tag.begin());
    if (breaking >= 0xc0 && !c->buffer.empty()) {
      c->buffer[(breaking & 0x3f) * c->buffer.size() / 64] ^= 1;
      c->broken = true;
    } else if (breaking >= 0x80) {
      tag[breaking & 0xf] ^= static_cast<uint8_t>(1 << (breaking >> 4 & 3));
      c->broken = true;
    }
  }
  if (c->signs()) {
    c->sign.key = &c->signing_key;
    c->sign.nonce = c->nonce;
    c->sign.verify = c->check;
    c->sign.signature = tag;
    Cut(cuts, absl::MakeSpan(c->buffer), &c->sign);
    stage->Add(&c->sign);
  } else {
    c->seal.key = &c->cipher_key;
    c->seal.nonce = c->nonce;
    c->seal.associated_data = c->associated_data;
    c->seal.open = c->check;
    c->seal.tag = tag;
    Cut(cuts, absl::MakeSpan(c->buffer), &c->seal);
    stage->Add(&c->seal);
  }
}

void Finish(const Case& c) {
  const bool ok = c.signs() ? c.sign.ok : c.seal.ok;
  Require(ok == !c.broken, "ok", c);
  if (!c.check) {
    const auto& tag = c.signs() ? c.sign.signature : c.seal.tag;
    Require(std::equal(tag.begin(), tag.end(), c.expected_tag.begin()), "tag", c);
    Require(c.buffer == (c.signs() ? c.plain : c.expected_text), "text", c);
  } else if (!c.broken) {
    Require(c.buffer == c.plain, "plain text", c);
  } else if (!c.signs()) {
    Require(std::all_of(c.buffer.begin(), c.buffer.end(), [](uint8_t byte) { return byte == 0; }),
            "plain text left", c);
  }
}

}  // namespace

void RunStage(absl::Span<const uint8_t> input) {
  if (input.empty()) return;
  // Made once: making a manager takes longer than a batch. What one batch leaves in it must not
  // matter to the next.
  static std::array<std::unique_ptr<BatchStage>, std::size(kProcessors)>& stages =
      *new std::array<std::unique_ptr<BatchStage>, std::size(kProcessors)>;
  size_t which = input[0] % std::size(kProcessors);
  while (!crypto::ProcessorAvailable(kProcessors[which])) ++which;
  if (stages[which] == nullptr) stages[which] = BatchStage::Create(kProcessors[which]);
  input.remove_prefix(1);
  std::deque<Case> cases;
  size_t total = 0;
  for (; input.size() >= kDescriptionBytes && cases.size() < kJobsMax;
       input.remove_prefix(kDescriptionBytes)) {
    Case& c = cases.emplace_back();
    Describe(input, kTotalBytesMax - total, &c);
    total += c.plain.size();
    Start(input, kProcessors[which], stages[which].get(), &c);
  }
  stages[which]->Flush();
  for (const Case& c : cases) Finish(c);
}

}  // namespace sluice::fuzz
