#include "benchmarks/load/measure/statistics.h"

#include "benchmarks/load/client/operations.h"

namespace sluice::bench {

absl::string_view Name(Kind kind) {
  static constexpr absl::string_view kNames[kKinds] = {
      "read", "write",   "open-close", "create-write-close-delete",
      "stat", "list",    "rename",     "lock",
      "echo", "session", "connect"};
  return kNames[static_cast<size_t>(kind)];
}

std::string StatusText(proto::NtStatus status) {
  if (status == kWrongContents) return "WRONG CONTENTS";
  if (status == kWrongLength) return "WRONG LENGTH";
  if (status == kWrongListing) return "WRONG LISTING";
  return proto::Name(status);
}

Histogram& Statistics::OfKind(Kind kind) {
  std::unique_ptr<Histogram>& histogram = kinds_[static_cast<size_t>(kind)];
  if (histogram == nullptr) histogram = std::make_unique<Histogram>();
  return *histogram;
}

void Statistics::RecordWork(const Outcome& outcome) {
  if (outcome.status != proto::NtStatus::kOk) {
    ++errors_[outcome.status];
    return;
  }
  ++operations_;
  bytes_ += outcome.bytes;
  entries_ += outcome.entries;
}

void Statistics::RecordLatency(const Outcome& outcome, uint64_t nanos) {
  if (outcome.status != proto::NtStatus::kOk) return;
  latency_.Record(nanos);
  OfKind(outcome.kind).Record(nanos);
}

void Statistics::Merge(const Statistics& other) {
  operations_ += other.operations_;
  bytes_ += other.bytes_;
  entries_ += other.entries_;
  latency_.Merge(other.latency_);
  for (size_t i = 0; i < kKinds; ++i) {
    if (other.kinds_[i] != nullptr) OfKind(static_cast<Kind>(i)).Merge(*other.kinds_[i]);
  }
  for (const auto& [status, count] : other.errors_) errors_[status] += count;
}

uint64_t Statistics::error_count() const {
  uint64_t count = 0;
  for (const auto& [status, of_it] : errors_) count += of_it;
  return count;
}

}  // namespace sluice::bench
