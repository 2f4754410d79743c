// Work with names: open and close, stat, create and delete, list, rename.
#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "benchmarks/load/client/operations.h"
#include "benchmarks/load/work/workload.h"

namespace sluice::bench {
namespace {

using proto::NtStatus;
using ring::Task;

constexpr uint32_t kDefaultFiles = 1000;
constexpr uint32_t kDefaultSmallFileBytes = 4096;

// A tree of --files empty files, spread over --folders folders, made and taken away with the run.
class NameWorkload : public Workload {
 public:
  // `own_files`: the operations make what they need, so only folders are made.
  NameWorkload(const RunOptions& options, absl::string_view tree, bool own_files, uint32_t files)
      : options_(options),
        root_(absl::StrCat(options.directory, "\\", tree)),
        folders_(std::max<uint32_t>(1, options.folders)),
        files_(own_files ? 0 : files) {}

  Task<absl::Status> SetUp(Client& client) override {
    NtStatus status = co_await MakeFolder(client, options_.directory);
    if (status != NtStatus::kOk) co_return Explain(client, status, "making", options_.directory);
    status = co_await MakeFolder(client, root_);
    if (status != NtStatus::kOk) co_return Explain(client, status, "making", root_);
    for (uint32_t i = 0; folders_ > 1 && i < folders_; ++i) {
      const std::string name = FolderOf(i);
      status = co_await MakeFolder(client, name);
      if (status != NtStatus::kOk) co_return Explain(client, status, "making", name);
    }
    if (options_.reuse && files_ > 0 && co_await IsThere(client, files_ - 1)) {
      co_return absl::OkStatus();
    }
    const std::function<Task<NtStatus>(uint64_t)> make = [&](uint64_t i) {
      return MakeFile(client, i);
    };
    status = co_await InParallel(client.engine(), files_, kSetUpWidth, make);
    co_return Explain(client, status, "making files in", root_);
  }

  Task<absl::Status> CleanUp(Client& client) override {
    const std::function<Task<NtStatus>(uint64_t)> remove = [&](uint64_t i) {
      return RemoveFile(client, i);
    };
    NtStatus status = co_await InParallel(client.engine(), files_, kSetUpWidth, remove);
    if (status != NtStatus::kOk) co_return Explain(client, status, "deleting files in", root_);
    for (uint32_t i = 0; folders_ > 1 && i < folders_; ++i) {
      const std::string name = FolderOf(i);
      status = co_await RemoveFolder(client, name);
      if (status != NtStatus::kOk) co_return Explain(client, status, "deleting", name);
    }
    status = co_await RemoveFolder(client, root_);
    if (status != NtStatus::kOk) co_return Explain(client, status, "deleting", root_);
    co_await RemoveFolder(client, options_.directory);  // stays if something else is in it
    co_return absl::OkStatus();
  }

 protected:
  std::string FolderOf(uint64_t i) const {
    return folders_ == 1 ? root_ : absl::StrFormat("%s\\dir-%04d", root_, i % folders_);
  }
  std::string NameOf(uint64_t i) const { return absl::StrFormat("%s\\file-%07d", FolderOf(i), i); }
  std::string AnyName(Slot& slot) const { return NameOf(slot.choices.Below(files_)); }
  const std::string& root() const { return root_; }
  uint32_t files() const { return files_; }
  const RunOptions& options() const { return options_; }

  // One with something of others in it stays.
  static Task<NtStatus> RemoveFolder(Client& client, absl::string_view name) {
    const WireName wire(name);
    const NtStatus status = co_await Remove(client, wire.span(), proto::kOptionDirectoryFile);
    co_return status == NtStatus::kDirectoryNotEmpty ? NtStatus::kOk : status;
  }

 private:
  Task<NtStatus> MakeFile(Client& client, uint64_t i) {
    const WireName wire(NameOf(i));
    OpenHow how;
    how.access = access::kWriteData;
    how.disposition = proto::kDispositionOpenIf;
    proto::FileId id;
    const NtStatus status = co_await Open(client, wire.span(), how, &id);
    if (status != NtStatus::kOk) co_return status;
    co_return co_await Close(client, id);
  }
  // Whether an earlier run left it.
  Task<bool> IsThere(Client& client, uint64_t i) {
    const WireName wire(NameOf(i));
    proto::FileId id;
    const NtStatus status = co_await Open(client, wire.span(), OpenHow(), &id);
    if (status != NtStatus::kOk) co_return false;
    co_await Close(client, id);
    co_return true;
  }
  Task<NtStatus> RemoveFile(Client& client, uint64_t i) {
    const WireName wire(NameOf(i));
    co_return co_await Remove(client, wire.span());
  }

  const RunOptions& options_;
  const std::string root_;
  const uint32_t folders_;
  const uint32_t files_;
};

uint32_t FilesOr(const RunOptions& options, uint32_t otherwise) {
  return options.files != 0 ? options.files : otherwise;
}

class OpenClose final : public NameWorkload {
 public:
  explicit OpenClose(const RunOptions& options)
      : NameWorkload(options, "names", false, FilesOr(options, kDefaultFiles)),
        held_(options.connections) {}

  // --hold files stay open all the while, shared out among the connections.
  Task<absl::Status> Attach(Member& member) override {
    std::vector<proto::FileId>& held = held_[member.index];
    const uint64_t connections = options().connections;
    held.resize(options().hold / connections +
                (member.index < options().hold % connections ? 1 : 0));
    const std::function<Task<NtStatus>(uint64_t)> open = [&](uint64_t i) {
      return OpenNumber(member.client, i * connections + member.index, &held[i]);
    };
    const NtStatus status =
        co_await InParallel(member.client.engine(), held.size(), kSetUpWidth, open);
    co_return Explain(member.client, status, "holding files open in", root());
  }
  Task<absl::Status> Detach(Member& member) override {
    const std::function<Task<NtStatus>(uint64_t)> close = [&](uint64_t i) {
      return Close(member.client, held_[member.index][i]);
    };
    const NtStatus status =
        co_await InParallel(member.client.engine(), held_[member.index].size(), kSetUpWidth, close);
    co_return Explain(member.client, status, "closing files in", root());
  }

  Task<Outcome> Once(Member& member, Slot& slot) override {
    std::string name = AnyName(slot);
    if (options().other_case) absl::AsciiStrToUpper(&name);
    const WireName wire(name);
    Outcome outcome;
    outcome.kind = Kind::kOpenClose;
    proto::FileId id;
    outcome.status = co_await Open(member.client, wire.span(), OpenHow(), &id);
    if (outcome.status == NtStatus::kOk) outcome.status = co_await Close(member.client, id);
    if (outcome.status != NtStatus::kOk) slot.note = "opening or closing " + name;
    co_return outcome;
  }

 private:
  Task<NtStatus> OpenNumber(Client& client, uint64_t i, proto::FileId* id) {
    const WireName wire(NameOf(i % files()));
    co_return co_await Open(client, wire.span(), OpenHow(), id);
  }

  std::vector<std::vector<proto::FileId>> held_;  // by connection
};

class Stat final : public NameWorkload {
 public:
  explicit Stat(const RunOptions& options)
      : NameWorkload(options, "stat", false, FilesOr(options, kDefaultFiles)) {}

  Task<Outcome> Once(Member& member, Slot& slot) override {
    const std::string name = AnyName(slot);
    const WireName wire(name);
    OpenHow how;
    how.access = access::kReadAttributes;
    Outcome outcome;
    outcome.kind = Kind::kStat;
    proto::FileId id;
    uint64_t size = 0;
    outcome.status = co_await Open(member.client, wire.span(), how, &id);
    if (outcome.status == NtStatus::kOk) {
      outcome.status = co_await QueryInfo(member.client, id, &size);
      const NtStatus closed = co_await Close(member.client, id);
      if (outcome.status == NtStatus::kOk) outcome.status = closed;
    }
    if (outcome.status != NtStatus::kOk) slot.note = "asking for information on " + name;
    co_return outcome;
  }
};

class CreateDelete final : public NameWorkload {
 public:
  explicit CreateDelete(const RunOptions& options)
      : NameWorkload(options, "small", true, 0),
        bytes_(static_cast<uint32_t>(options.block_bytes != 0 ? options.block_bytes
                                                              : kDefaultSmallFileBytes)),
        contents_(options.seed) {}

  uint64_t block_bytes() const override { return bytes_; }

  Task<Outcome> Once(Member& member, Slot& slot) override {
    const uint64_t file = slot.number << 32 | slot.turn++;
    const std::string name =
        absl::StrFormat("%s\\new-%d-%d", FolderOf(slot.turn), slot.number, slot.turn);
    const WireName wire(name);
    Client& client = member.client;
    Outcome outcome;
    outcome.kind = Kind::kCreateDelete;
    outcome.bytes = bytes_;
    OpenHow how;
    how.access = access::kReadData | access::kWriteData;
    // What a run that failed left behind does not stop the next one.
    how.disposition = proto::kDispositionOverwriteIf;
    proto::FileId id;
    NtStatus& status = outcome.status;
    status = co_await Open(client, wire.span(), how, &id);
    if (status == NtStatus::kOk) status = co_await Write(client, id, 0, bytes_, contents_, file);
    if (status == NtStatus::kOk && options().verify) {
      status = co_await Read(client, id, 0, bytes_, &contents_, file);
    }
    if (status == NtStatus::kOk) status = co_await Close(client, id);
    if (status == NtStatus::kOk) status = co_await Remove(client, wire.span());
    if (status != NtStatus::kOk) slot.note = "making, writing or deleting " + name;
    co_return outcome;
  }

 private:
  const uint32_t bytes_;
  Contents contents_;
};

class ListFolder final : public NameWorkload {
 public:
  explicit ListFolder(const RunOptions& options)
      : NameWorkload(options, "listed", false, FilesOr(options, kDefaultFiles)) {}

  // Each entry once, and "." and "..".
  Task<Outcome> Once(Member& member, Slot& slot) override {
    const uint64_t i = slot.choices.Below(std::max<uint32_t>(1, options().folders));
    const std::string name = FolderOf(i);
    const WireName wire(name);
    OpenHow how;
    how.access = access::kList;
    how.options = proto::kOptionDirectoryFile;
    Outcome outcome;
    outcome.kind = Kind::kList;
    proto::FileId id;
    outcome.status = co_await Open(member.client, wire.span(), how, &id);
    if (outcome.status == NtStatus::kOk) {
      outcome.status = co_await List(member.client, id, &outcome.entries, &outcome.bytes);
      const NtStatus closed = co_await Close(member.client, id);
      if (outcome.status == NtStatus::kOk) outcome.status = closed;
    }
    const uint32_t folders = std::max<uint32_t>(1, options().folders);
    const uint64_t right = files() / folders + (i < files() % folders ? 1 : 0) + 2;
    if (outcome.status == NtStatus::kOk && outcome.entries != right) {
      outcome.status = kWrongListing;
      slot.note =
          absl::StrCat("listing ", name, ": ", outcome.entries, " entries where ", right, " are");
    } else if (outcome.status != NtStatus::kOk) {
      slot.note = "listing " + name;
    }
    co_return outcome;
  }
};

// Each slot has a file of its own that goes to and fro between two names.
class RenameFile final : public NameWorkload {
 public:
  explicit RenameFile(const RunOptions& options)
      : NameWorkload(options, "renamed", false, static_cast<uint32_t>(options.slots())),
        moved_(options.slots()) {}

  Task<Outcome> Once(Member& member, Slot& slot) override {
    const std::string here = NameOf(slot.number);
    const std::string there = here + "-renamed";
    const bool back = moved_[slot.number] != 0;
    const WireName from(back ? there : here);
    OpenHow how;
    how.access = access::kDelete | access::kReadAttributes;
    Outcome outcome;
    outcome.kind = Kind::kRename;
    proto::FileId id;
    outcome.status = co_await Open(member.client, from.span(), how, &id);
    if (outcome.status == NtStatus::kOk) {
      outcome.status = co_await Rename(member.client, id, back ? here : there);
      if (outcome.status == NtStatus::kOk) moved_[slot.number] = back ? 0 : 1;
      const NtStatus closed = co_await Close(member.client, id);
      if (outcome.status == NtStatus::kOk) outcome.status = closed;
    }
    if (outcome.status != NtStatus::kOk) slot.note = "renaming " + (back ? there : here);
    co_return outcome;
  }

  // The files that the run left under their other name go back.
  Task<absl::Status> CleanUp(Client& client) override {
    const std::function<Task<NtStatus>(uint64_t)> remove = [&](uint64_t i) {
      return RemoveRenamed(client, i);
    };
    const NtStatus status = co_await InParallel(client.engine(), files(), kSetUpWidth, remove);
    if (status != NtStatus::kOk) co_return Explain(client, status, "renaming files in", root());
    co_return co_await NameWorkload::CleanUp(client);
  }

 private:
  Task<NtStatus> RemoveRenamed(Client& client, uint64_t i) {
    const std::string here = NameOf(i);
    const WireName there(here + "-renamed");
    OpenHow how;
    how.access = access::kDelete | access::kReadAttributes;
    proto::FileId id;
    NtStatus status = co_await Open(client, there.span(), how, &id);
    if (status == NtStatus::kObjectNameNotFound) co_return NtStatus::kOk;
    if (status != NtStatus::kOk) co_return status;
    status = co_await Rename(client, id, here);
    const NtStatus closed = co_await Close(client, id);
    co_return status == NtStatus::kOk ? closed : status;
  }

  std::vector<uint8_t> moved_;  // by slot: it has its other name
};

}  // namespace

std::unique_ptr<Workload> MakeOpenClose(const RunOptions& options) {
  return std::make_unique<OpenClose>(options);
}
std::unique_ptr<Workload> MakeStat(const RunOptions& options) {
  return std::make_unique<Stat>(options);
}
std::unique_ptr<Workload> MakeCreateDelete(const RunOptions& options) {
  return std::make_unique<CreateDelete>(options);
}
std::unique_ptr<Workload> MakeList(const RunOptions& options) {
  return std::make_unique<ListFolder>(options);
}
std::unique_ptr<Workload> MakeRename(const RunOptions& options) {
  return std::make_unique<RenameFile>(options);
}

}  // namespace sluice::bench
