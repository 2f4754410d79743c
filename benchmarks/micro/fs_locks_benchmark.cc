// The cost of byte-range locks on a file with 200,000 of them: 50 opens, 4,000 each. Per operation,
// all under one node's mutex in the gateway.
#include <benchmark/benchmark.h>

#include <array>
#include <cstdint>
#include <memory>
#include <random>

#include "server/fs/byte_range_locks.h"
#include "server/fs/open_file.h"

namespace sluice::fs {
namespace {

constexpr size_t kOpens = 50;
constexpr uint64_t kSpan = 16;  // between the starts of two ranges

struct File {
  // All shared, one place for all opens; or exclusive, each open its own places.
  File(uint64_t locks, bool exclusive) : per_open(locks / kOpens) {
    for (uint64_t i = 0; i < per_open; ++i) {
      for (size_t open = 0; open < kOpens; ++open) {
        table.Add(&opens[open], {Start(open, i, exclusive), 8}, exclusive);
      }
    }
  }
  static uint64_t Start(size_t open, uint64_t i, bool exclusive) {
    return exclusive ? (i * kOpens + open) * kSpan : i * kSpan;
  }

  const uint64_t per_open;
  std::array<OpenFile, kOpens> opens;
  OpenFile stranger;
  ByteRangeLocks table;
};

void GrantAndUnlock(benchmark::State& state) {
  const bool exclusive = state.range(1) != 0;
  File file(static_cast<uint64_t>(state.range(0)), exclusive);
  std::mt19937_64 random(1);
  for (auto _ : state) {
    const ByteRange range{random() % (file.per_open * (exclusive ? kOpens : 1)) * kSpan + 8, 8};
    benchmark::DoNotOptimize(file.table.Add(&file.stranger, range, exclusive));
    benchmark::DoNotOptimize(file.table.Remove(&file.stranger, range));
  }
}

void RefusedLock(benchmark::State& state) {
  File file(static_cast<uint64_t>(state.range(0)), false);
  std::mt19937_64 random(1);
  for (auto _ : state) {
    const ByteRange range{random() % file.per_open * kSpan, 8};
    benchmark::DoNotOptimize(file.table.Add(&file.stranger, range, true));
  }
}

void MayRead(benchmark::State& state) {
  File file(static_cast<uint64_t>(state.range(0)), true);
  std::mt19937_64 random(1);
  for (auto _ : state) {
    const ByteRange range{random() % (file.per_open * kOpens) * kSpan + 8, 8};
    benchmark::DoNotOptimize(file.table.MayRead(&file.stranger, range));
  }
}

// An open writes over all of its own exclusive locks at once.
void MayWriteOverOwn(benchmark::State& state) {
  ByteRangeLocks table;
  OpenFile owner;
  for (int64_t i = 0; i < state.range(0); ++i) {
    table.Add(&owner, {static_cast<uint64_t>(i) * kSpan, 8}, true);
  }
  for (auto _ : state) benchmark::DoNotOptimize(table.MayWrite(&owner, {0, UINT64_MAX}));
}

void CloseWith4096(benchmark::State& state) {
  File file(static_cast<uint64_t>(state.range(0)), false);
  for (auto _ : state) {
    state.PauseTiming();
    for (uint64_t i = 0; i < 4096; ++i) file.table.Add(&file.stranger, {i * kSpan, 8}, false);
    state.ResumeTiming();
    benchmark::DoNotOptimize(file.table.RemoveAll(&file.stranger));
  }
}

BENCHMARK(GrantAndUnlock)->ArgNames({"locks", "exclusive"})->ArgsProduct({{2000, 200'000}, {0, 1}});
BENCHMARK(RefusedLock)->ArgName("locks")->Arg(2000)->Arg(200'000);
BENCHMARK(MayRead)->ArgName("locks")->Arg(2000)->Arg(200'000);
BENCHMARK(MayWriteOverOwn)->ArgName("locks")->Arg(4096);
BENCHMARK(CloseWith4096)->ArgName("locks")->Arg(2000)->Arg(200'000)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace sluice::fs

BENCHMARK_MAIN();
