// Reads and writes of blocks, sequential or random.
#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "benchmarks/load/client/operations.h"
#include "benchmarks/load/work/workload.h"

namespace sluice::bench {
namespace {

using proto::NtStatus;
using ring::Task;

constexpr uint64_t kDefaultSequentialBytes = 1u << 20;
constexpr uint64_t kDefaultRandomBytes = 4096;
constexpr uint32_t kLayOutBytes = 1u << 20;

class DataWorkload final : public Workload {
 public:
  DataWorkload(const RunOptions& options, bool random, unsigned read_percent)
      : options_(options),
        random_(random),
        read_percent_(read_percent),
        block_bytes_(static_cast<uint32_t>(options.block_bytes != 0 ? options.block_bytes
                                           : random                 ? kDefaultRandomBytes
                                                                    : kDefaultSequentialBytes)),
        blocks_(options.file_bytes / block_bytes_),
        files_(options.files != 0 ? options.files : options.connections),
        contents_(options.seed),
        before_(options.seed + 1),
        members_(options.connections) {}

  uint64_t block_bytes() const override { return block_bytes_; }

  Task<absl::Status> SetUp(Client& client) override {
    if (blocks_ == 0) {
      co_return absl::InvalidArgumentError("--size is smaller than one block (--bs)");
    }
    if (options_.client.limit) co_return absl::OkStatus();
    NtStatus status = co_await MakeFolder(client, options_.directory);
    if (status != NtStatus::kOk) co_return Explain(client, status, "making", options_.directory);
    for (uint32_t file = 0; file < files_; ++file) {
      const absl::Status made = co_await LayOut(client, file);
      if (!made.ok()) co_return made;
    }
    co_return absl::OkStatus();
  }

  Task<absl::Status> Attach(Member& member) override {
    Client& client = member.client;
    if (block_bytes_ > std::min(client.read_bytes_max(), client.write_bytes_max())) {
      co_return absl::InvalidArgumentError(
          absl::StrCat("the server takes at most ", client.read_bytes_max(), " bytes a read and ",
                       client.write_bytes_max(), " a write with this dialect; use a smaller --bs"));
    }
    State& state = members_[member.index];
    for (uint32_t file = 0; file < files_; ++file) {
      // Each file has one connection; where files are fewer, each connection has one file.
      const bool mine = files_ < options_.connections ? file == member.index % files_
                                                      : file % options_.connections == member.index;
      if (!mine) continue;
      Opened opened;
      opened.number = file;
      if (verifies_writes()) opened.written.resize(blocks_);
      if (!options_.client.limit) {
        const std::string name = NameOf(file);
        const WireName wire(name);
        OpenHow how;
        if (read_percent_ < 100) how.access |= access::kWriteData;
        const NtStatus status = co_await Open(client, wire.span(), how, &opened.id);
        if (status != NtStatus::kOk) co_return Explain(client, status, "opening", name);
      }
      state.files.push_back(std::move(opened));
    }
    co_return absl::OkStatus();
  }

  Task<Outcome> Once(Member& member, Slot& slot) override {
    State& state = members_[member.index];
    const uint64_t total = blocks_ * state.files.size();
    const uint64_t at = random_ ? slot.choices.Below(total) : state.cursor++ % total;
    Opened& file = state.files[at / blocks_];
    const uint64_t block = at % blocks_;
    uint64_t offset = block * block_bytes_;
    // A limit server has one file for all: as many bytes as a share's files go through its caches.
    if (options_.client.limit) offset += file.number * blocks_ * block_bytes_;
    const bool read =
        read_percent_ == 100 || (read_percent_ != 0 && slot.choices.Below(100) < read_percent_);
    Outcome outcome;
    outcome.kind = read ? Kind::kRead : Kind::kWrite;
    outcome.bytes = block_bytes_;
    if (read) {
      ReadCheck* const check = options_.verify ? &contents_ : nullptr;
      outcome.status =
          co_await Read(member.client, file.id, offset, block_bytes_, check, file.number);
    } else {
      outcome.status =
          co_await Write(member.client, file.id, offset, block_bytes_, contents_, file.number);
      if (verifies_writes() && outcome.status == NtStatus::kOk) file.written[block] = true;
    }
    if (outcome.status != NtStatus::kOk) {
      slot.note = absl::StrCat(read ? "reading " : "writing ", NameOf(file.number), " at ", offset);
    }
    co_return outcome;
  }

  Task<absl::Status> Detach(Member& member) override {
    for (Opened& file : members_[member.index].files) {
      if (verifies_writes()) {
        const absl::Status status = co_await VerifyWritten(member.client, file);
        if (!status.ok()) co_return status;
      }
      if (options_.client.limit) continue;
      const NtStatus status = co_await Close(member.client, file.id);
      if (status != NtStatus::kOk) {
        co_return Explain(member.client, status, "closing", NameOf(file.number));
      }
    }
    co_return absl::OkStatus();
  }

  Task<absl::Status> CleanUp(Client& client) override {
    if (options_.client.limit) co_return absl::OkStatus();
    for (uint32_t file = 0; file < files_; ++file) {
      const std::string name = NameOf(file);
      const WireName wire(name);
      const NtStatus status = co_await Remove(client, wire.span());
      if (status != NtStatus::kOk) co_return Explain(client, status, "deleting", name);
    }
    const WireName folder(options_.directory);
    co_await Remove(client, folder.span());  // stays if there is something else in it
    co_return absl::OkStatus();
  }

 private:
  struct Opened {
    uint32_t number = 0;
    proto::FileId id;
    std::vector<bool> written;  // by block
  };
  struct State {
    std::vector<Opened> files;
    uint64_t cursor = 0;
  };

  // A limit server keeps one stream of bytes; only mixed work can be verified as it runs, so there
  // files begin with what they are to hold in the end.
  bool verifies_writes() const {
    return options_.verify && read_percent_ == 0 && !options_.client.limit;
  }
  std::string NameOf(uint32_t file) const {
    return absl::StrCat(options_.directory, "\\data-", file);
  }

  // Writes the whole file; where writes will be verified, with other contents than those.
  Task<absl::Status> LayOut(Client& client, uint32_t file) {
    const std::string name = NameOf(file);
    const WireName wire(name);
    OpenHow how;
    how.access = access::kReadData | access::kWriteData;
    how.disposition = proto::kDispositionOpenIf;
    proto::FileId id;
    uint64_t size = 0;
    NtStatus status = co_await Open(client, wire.span(), how, &id, &size);
    if (status != NtStatus::kOk) co_return Explain(client, status, "making", name);
    const uint64_t bytes = blocks_ * block_bytes_;
    // What is to be written must not be there already where writes will be verified.
    if (!options_.reuse || verifies_writes() || size != bytes) {
      Contents& source = verifies_writes() ? before_ : contents_;
      const uint32_t piece = std::min(kLayOutBytes, client.write_bytes_max());
      const std::function<Task<NtStatus>(uint64_t)> one = [&](uint64_t i) {
        const uint64_t offset = i * piece;
        const auto length = static_cast<uint32_t>(std::min<uint64_t>(piece, bytes - offset));
        return Write(client, id, offset, length, source, file);
      };
      status = co_await InParallel(client.engine(), (bytes + piece - 1) / piece, kSetUpWidth, one);
      if (status != NtStatus::kOk) co_return Explain(client, status, "writing", name);
    }
    status = co_await Close(client, id);
    co_return Explain(client, status, "closing", name);
  }

  Task<absl::Status> VerifyWritten(Client& client, Opened& file) {
    const std::function<Task<NtStatus>(uint64_t)> one = [&](uint64_t block) {
      return file.written[block] ? Read(client, file.id, block * block_bytes_, block_bytes_,
                                        &contents_, file.number)
                                 : Nothing();
    };
    const NtStatus status = co_await InParallel(client.engine(), blocks_, kSetUpWidth, one);
    co_return Explain(client, status, "verifying what was written to", NameOf(file.number));
  }
  static Task<NtStatus> Nothing() { co_return NtStatus::kOk; }

  const RunOptions& options_;
  const bool random_;
  const unsigned read_percent_;
  const uint32_t block_bytes_;
  const uint64_t blocks_;
  const uint32_t files_;
  Contents contents_;
  Contents before_;
  std::vector<State> members_;
};

}  // namespace

std::unique_ptr<Workload> MakeDataWorkload(const RunOptions& options, bool random,
                                           unsigned read_percent) {
  return std::make_unique<DataWorkload>(options, random, read_percent);
}

}  // namespace sluice::bench
