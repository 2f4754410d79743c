// Every algorithm of the crypto stage at every size and number in flight, beside what else could do
// it in the same run. Names are ALGORITHM/SIZE/IN_FLIGHT/WHO; benchmarks/micro/crypto_report runs
// this and prints the ratios.
#include <benchmark/benchmark.h>

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "benchmarks/micro/crypto_one_at_a_time.h"
#include "crypto/batch_stage.h"
#include "crypto/ipsec_mb/direct.h"

namespace sluice::benchmarks {
namespace {

using crypto::BatchStage;
using crypto::Cipher;
using crypto::CipherKey;
using crypto::SigningAlgorithm;
using crypto::SigningKey;
using Bytes = std::vector<uint8_t>;
using Messages = std::vector<absl::Span<uint8_t>>;

constexpr size_t kHeaderBytes = 80;  // an SMB2 header and the fixed part of a READ response
constexpr size_t kSizes[] = {
    128, 1024, 4096 + kHeaderBytes, (64 << 10) + kHeaderBytes, (1 << 20) + kHeaderBytes, 8 << 20};
constexpr size_t kInFlight[] = {1, 4, 16, 64};

struct Algorithm {
  bool signs;
  SigningAlgorithm signing;
  Cipher cipher;

  std::string name() const {
    return std::string(signs ? crypto::Name(signing) : crypto::Name(cipher));
  }
  Bytes key() const { return Bytes(signs ? 16 : crypto::CipherKeyBytes(cipher), 0x42); }
};

constexpr Algorithm kAlgorithms[] = {
    {true, SigningAlgorithm::kHmacSha256, Cipher::kNone},
    {true, SigningAlgorithm::kAes128Cmac, Cipher::kNone},
    {true, SigningAlgorithm::kAes128Gmac, Cipher::kNone},
    {false, {}, Cipher::kAes128Ccm},
    {false, {}, Cipher::kAes128Gcm},
    {false, {}, Cipher::kAes256Ccm},
    {false, {}, Cipher::kAes256Gcm},
};

const Bytes kAssociatedData(32, 7);

// Messages of `size` that do not share cache lines. The memory is shared by all benchmarks.
Messages MakeMessages(size_t size, size_t count) {
  static Bytes& memory = *new Bytes;
  // Not a power of two, or all messages would compete for the same sets of the cache.
  const size_t stride = (size + 63) / 64 * 64 + 192;
  if (memory.size() < stride * count + 64) memory.assign(stride * count + 64, 0x33);
  uint8_t* at = memory.data() + (64 - reinterpret_cast<uintptr_t>(memory.data()) % 64) % 64;
  Messages messages;
  for (size_t i = 0; i < count; ++i, at += stride) messages.emplace_back(at, size);
  return messages;
}

void Measure(benchmark::State& state, const Messages& messages, const std::function<void()>& run) {
  // The first run finds cold caches, unresolved functions and vectors to grow.
  run();
  for (auto _ : state) run();
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * messages.size()) *
                          static_cast<int64_t>(messages[0].size()));
}

void Stage(benchmark::State& state, Algorithm algorithm, size_t size, size_t count) {
  const Messages messages = MakeMessages(size, count);
  const std::unique_ptr<BatchStage> stage = BatchStage::Create();
  const Bytes key = algorithm.key();
  if (algorithm.signs) {
    const SigningKey signing_key(algorithm.signing, key);
    std::vector<crypto::SignJob> jobs(count);
    for (size_t i = 0; i < count; ++i) {
      jobs[i].key = &signing_key;
      jobs[i].segments[0] = messages[i];
      jobs[i].segment_count = 1;
    }
    Measure(state, messages, [&] {
      for (crypto::SignJob& job : jobs) stage->Add(&job);
      stage->Flush();
    });
    return;
  }
  const CipherKey cipher_key(algorithm.cipher, key);
  std::vector<crypto::SealJob> jobs(count);
  for (size_t i = 0; i < count; ++i) {
    jobs[i].key = &cipher_key;
    jobs[i].segments[0] = messages[i];
    jobs[i].segment_count = 1;
    jobs[i].associated_data = kAssociatedData;
  }
  Measure(state, messages, [&] {
    for (crypto::SealJob& job : jobs) stage->Add(&job);
    stage->Flush();
  });
}

void Library(benchmark::State& state, Algorithm algorithm, size_t size, size_t count) {
  const Messages messages = MakeMessages(size, count);
  const std::unique_ptr<crypto::Direct> direct = crypto::Direct::Create();
  if (direct == nullptr) {
    state.SkipWithError("the library needs AES instructions");
    return;
  }
  const Bytes key = algorithm.key();
  if (algorithm.signs) {
    const SigningKey signing_key(algorithm.signing, key);
    Measure(state, messages, [&] { direct->Sign(signing_key, messages); });
  } else {
    const CipherKey cipher_key(algorithm.cipher, key);
    Measure(state, messages, [&] { direct->Seal(cipher_key, kAssociatedData, messages); });
  }
}

void RunOneAtATime(benchmark::State& state, std::unique_ptr<OneAtATime> contender, size_t size,
                   size_t count) {
  const Messages messages = MakeMessages(size, count);
  Measure(state, messages, [&] {
    for (absl::Span<uint8_t> message : messages) contender->Run(message);
  });
}

void Openssl(benchmark::State& state, Algorithm algorithm, size_t size, size_t count) {
  const Bytes key = algorithm.key();
  RunOneAtATime(state,
                algorithm.signs ? OpensslSigner(algorithm.signing, key)
                                : OpensslSealer(algorithm.cipher, key, kAssociatedData),
                size, count);
}

void Gnutls(benchmark::State& state, Algorithm algorithm, size_t size, size_t count) {
  const Bytes key = algorithm.key();
  RunOneAtATime(state,
                algorithm.signs ? GnutlsSigner(algorithm.signing, key)
                                : GnutlsSealer(algorithm.cipher, key, kAssociatedData),
                size, count);
}

struct Contender {
  const char* name;
  void (*run)(benchmark::State&, Algorithm, size_t, size_t);
};

constexpr Contender kContenders[] = {
    {"stage", Stage}, {"library", Library}, {"OpenSSL", Openssl}, {"GnuTLS", Gnutls}};

void RegisterAll() {
  for (const Algorithm& algorithm : kAlgorithms) {
    for (size_t size : kSizes) {
      for (size_t count : kInFlight) {
        for (const Contender& contender : kContenders) {
          const std::string name =
              absl::StrCat(algorithm.name(), "/", size, "/", count, "/", contender.name);
          benchmark::RegisterBenchmark(name.c_str(), contender.run, algorithm, size, count);
        }
      }
    }
  }
}

}  // namespace
}  // namespace sluice::benchmarks

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::AddCustomContext("processor",
                              std::string(sluice::crypto::Name(sluice::crypto::Processor::kAuto)));
  sluice::benchmarks::RegisterAll();
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
