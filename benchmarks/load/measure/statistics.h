// What a run counts: operations, bytes, latencies and errors.
#ifndef SLUICE_BENCHMARKS_LOAD_MEASURE_STATISTICS_H_
#define SLUICE_BENCHMARKS_LOAD_MEASURE_STATISTICS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "benchmarks/load/measure/histogram.h"
#include "proto/status/nt_status.h"

namespace sluice::bench {

// What one measured operation was: for workloads that mix several.
enum class Kind : uint8_t {
  kRead,
  kWrite,
  kOpenClose,
  kCreateDelete,
  kStat,
  kList,
  kRename,
  kLock,
  kEcho,
  kSession,
  kConnect,
};
inline constexpr size_t kKinds = 11;
absl::string_view Name(Kind kind);

// The server's names, and ours for what it got wrong with a status of success.
std::string StatusText(proto::NtStatus status);

// How an operation went.
struct Outcome {
  Kind kind = Kind::kEcho;
  proto::NtStatus status = proto::NtStatus::kOk;
  uint64_t bytes = 0;    // of file data, or of listings
  uint64_t entries = 0;  // of listings
  bool counts = true;    // false: a pause of a replayed log
};

// Not thread-safe: one for each thread, merged at the end.
class Statistics {
 public:
  void Record(const Outcome& outcome, uint64_t nanos) {
    RecordWork(outcome);
    RecordLatency(outcome, nanos);
  }
  // By themselves: in an open loop work belongs to the time in which it was done, latency to the
  // time for which it was intended. Errors are work.
  void RecordWork(const Outcome& outcome);
  void RecordLatency(const Outcome& outcome, uint64_t nanos);
  void Merge(const Statistics& other);

  uint64_t operations() const { return operations_; }  // those without an error
  uint64_t bytes() const { return bytes_; }
  uint64_t entries() const { return entries_; }
  uint64_t error_count() const;
  const Histogram& latency() const { return latency_; }
  // Null where there was none of it.
  const Histogram* latency_of(Kind kind) const { return kinds_[static_cast<size_t>(kind)].get(); }
  const std::map<proto::NtStatus, uint64_t>& errors() const { return errors_; }

 private:
  Histogram& OfKind(Kind kind);

  uint64_t operations_ = 0;
  uint64_t bytes_ = 0;
  uint64_t entries_ = 0;
  Histogram latency_;
  std::array<std::unique_ptr<Histogram>, kKinds> kinds_;
  std::map<proto::NtStatus, uint64_t> errors_;
};

}  // namespace sluice::bench

#endif  // SLUICE_BENCHMARKS_LOAD_MEASURE_STATISTICS_H_
