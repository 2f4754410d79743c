// Work that is about connections, sessions and locks rather than about files' contents.
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "benchmarks/load/client/operations.h"
#include "benchmarks/load/work/workload.h"

namespace sluice::bench {
namespace {

using proto::NtStatus;
using ring::Task;

class EchoWorkload final : public Workload {
 public:
  Task<Outcome> Once(Member& member, Slot&) override {
    Outcome outcome;
    outcome.kind = Kind::kEcho;
    outcome.status = co_await Echo(member.client);
    co_return outcome;
  }
};

// Each connection has a file open, each slot a range of it.
class LockWorkload final : public Workload {
 public:
  explicit LockWorkload(const RunOptions& options)
      : options_(options), name_(options.directory + "\\locked"), ids_(options.connections) {}

  Task<absl::Status> SetUp(Client& client) override {
    NtStatus status = co_await MakeFolder(client, options_.directory);
    if (status != NtStatus::kOk) co_return Explain(client, status, "making", options_.directory);
    const WireName wire(name_);
    OpenHow how;
    how.access = access::kWriteData;
    how.disposition = proto::kDispositionOpenIf;
    proto::FileId id;
    status = co_await Open(client, wire.span(), how, &id);
    if (status == NtStatus::kOk) status = co_await Close(client, id);
    co_return Explain(client, status, "making", name_);
  }

  Task<absl::Status> Attach(Member& member) override {
    const WireName wire(name_);
    OpenHow how;
    how.access = access::kReadData | access::kWriteData;
    const NtStatus status = co_await Open(member.client, wire.span(), how, &ids_[member.index]);
    co_return Explain(member.client, status, "opening", name_);
  }

  Task<Outcome> Once(Member& member, Slot& slot) override {
    proto::LockElement element;
    element.offset = slot.number * 4096;
    element.length = 4096;
    element.flags = proto::kLockFlagExclusive | proto::kLockFlagFailImmediately;
    Outcome outcome;
    outcome.kind = Kind::kLock;
    outcome.status = co_await Lock(member.client, ids_[member.index], element);
    if (outcome.status == NtStatus::kOk) {
      element.flags = proto::kLockFlagUnlock;
      outcome.status = co_await Lock(member.client, ids_[member.index], element);
    }
    if (outcome.status != NtStatus::kOk) {
      slot.note = absl::StrCat("locking ", name_, " at ", element.offset);
    }
    co_return outcome;
  }

  Task<absl::Status> Detach(Member& member) override {
    const NtStatus status = co_await Close(member.client, ids_[member.index]);
    co_return Explain(member.client, status, "closing", name_);
  }

  Task<absl::Status> CleanUp(Client& client) override {
    const WireName wire(name_);
    const NtStatus status = co_await Remove(client, wire.span());
    const WireName folder(options_.directory);
    if (status == NtStatus::kOk) {
      co_await Remove(client, folder.span(), proto::kOptionDirectoryFile);
    }
    co_return Explain(client, status, "deleting", name_);
  }

 private:
  const RunOptions& options_;
  const std::string name_;
  std::vector<proto::FileId> ids_;  // by connection
};

// What a failed step of a connection counts as; the note has the words.
NtStatus Failure(const absl::Status& status, Slot& slot) {
  if (status.ok()) return NtStatus::kOk;
  slot.note = std::string(status.message());
  return absl::IsUnavailable(status) ? NtStatus::kConnectionDisconnected : NtStatus::kUnsuccessful;
}

// A connection has one session at a time here, so one slot.
class SessionWorkload final : public Workload {
 public:
  explicit SessionWorkload(const RunOptions& options) : options_(options) {}
  Readiness readiness() const override { return Readiness::kNegotiated; }

  Task<absl::Status> SetUp(Client&) override {
    if (options_.depth != 1) {
      co_return absl::InvalidArgumentError(
          "a connection logs on one session at a time: use --depth 1 and more --connections");
    }
    co_return absl::OkStatus();
  }

  Task<Outcome> Once(Member& member, Slot& slot) override {
    Outcome outcome;
    outcome.kind = Kind::kSession;
    absl::Status status = co_await member.client.LogOn();
    if (status.ok()) status = co_await member.client.LogOff();
    outcome.status = Failure(status, slot);
    co_return outcome;
  }

 private:
  const RunOptions& options_;
};

class ConnectWorkload final : public Workload {
 public:
  explicit ConnectWorkload(const RunOptions& options) : options_(options) {}
  Readiness readiness() const override { return Readiness::kNothing; }

  Task<Outcome> Once(Member& member, Slot& slot) override {
    Client client(member.client.engine(), options_.client);
    const absl::Status status = co_await client.Start();
    co_await client.Disconnect();
    Outcome outcome;
    outcome.kind = Kind::kConnect;
    outcome.status = Failure(status, slot);
    co_return outcome;
  }

 private:
  const RunOptions& options_;
};

class IdleWorkload final : public Workload {
 public:
  bool has_operations() const override { return false; }
  // A connection that was lost would make the rest look cheap.
  Task<absl::Status> Detach(Member& member) override {
    const NtStatus status = co_await Echo(member.client);
    co_return Explain(member.client, status, "an idle connection at its end:", "ECHO");
  }
  Task<Outcome> Once(Member&, Slot&) override { co_return Outcome(); }
};

}  // namespace

std::unique_ptr<Workload> MakeEcho(const RunOptions&) { return std::make_unique<EchoWorkload>(); }
std::unique_ptr<Workload> MakeLock(const RunOptions& options) {
  return std::make_unique<LockWorkload>(options);
}
std::unique_ptr<Workload> MakeSession(const RunOptions& options) {
  return std::make_unique<SessionWorkload>(options);
}
std::unique_ptr<Workload> MakeConnect(const RunOptions& options) {
  return std::make_unique<ConnectWorkload>(options);
}
std::unique_ptr<Workload> MakeIdle(const RunOptions&) { return std::make_unique<IdleWorkload>(); }

}  // namespace sluice::bench
