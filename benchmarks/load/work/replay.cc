// Replays a log of operations. One operation a line, words apart by tabs or blanks, paths without
// blanks and relative to --directory, '/' or '\\' between components:
//
//   STREAM open HANDLE PATH [read|write|create]     "create": made if it is not there
//   STREAM read HANDLE OFFSET BYTES
//   STREAM write HANDLE OFFSET BYTES
//   STREAM close HANDLE
//   STREAM stat PATH | list PATH | mkdir PATH | delete PATH | rename PATH TO
//   STREAM wait MICROSECONDS
//
// The operations of a stream run in order; streams run side by side, as many as there are slots.
#include <algorithm>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "benchmarks/load/client/operations.h"
#include "benchmarks/load/work/workload.h"

namespace sluice::bench {
namespace {

using proto::NtStatus;
using ring::Task;

enum class Verb : uint8_t {
  kOpen,
  kRead,
  kWrite,
  kClose,
  kStat,
  kList,
  kMakeFolder,
  kDelete,
  kRename,
  kWait,
};
struct VerbRow {
  absl::string_view word;
  Verb verb;
  Kind kind;
  size_t arguments;  // at least
};
constexpr VerbRow kVerbs[] = {
    {"open", Verb::kOpen, Kind::kOpenClose, 2},
    {"read", Verb::kRead, Kind::kRead, 3},
    {"write", Verb::kWrite, Kind::kWrite, 3},
    {"close", Verb::kClose, Kind::kOpenClose, 1},
    {"stat", Verb::kStat, Kind::kStat, 1},
    {"list", Verb::kList, Kind::kList, 1},
    {"mkdir", Verb::kMakeFolder, Kind::kCreateDelete, 1},
    {"delete", Verb::kDelete, Kind::kCreateDelete, 1},
    {"rename", Verb::kRename, Kind::kRename, 2},
    {"wait", Verb::kWait, Kind::kEcho, 1},
};

struct Step {
  const VerbRow* row = nullptr;
  std::string handle;
  std::string path;
  std::string to;  // rename; how to open
  uint64_t offset = 0;
  uint64_t value = 0;  // bytes or microseconds
  size_t line = 0;
};

class Replay final : public Workload {
 public:
  explicit Replay(const RunOptions& options)
      : options_(options), contents_(options.seed), streams_(options.slots()), status_(Load()) {}

  Task<absl::Status> SetUp(Client& client) override {
    if (!status_.ok()) co_return status_;
    const NtStatus status = co_await MakeFolder(client, options_.directory);
    co_return Explain(client, status, "making", options_.directory);
  }

  bool Finished(const Slot& slot) const override {
    return slot.turn >= streams_[slot.number].steps.size();
  }

  Task<Outcome> Once(Member& member, Slot& slot) override {
    Stream& stream = streams_[slot.number];
    const Step& step = stream.steps[slot.turn++];
    Outcome outcome;
    outcome.kind = step.row->kind;
    outcome.status = co_await Do(member.client, stream, step, &outcome);
    if (outcome.status != NtStatus::kOk) {
      slot.note = absl::StrCat(options_.log, ":", step.line, ": ", step.row->word, " ",
                               step.path.empty() ? step.handle : step.path);
    }
    co_return outcome;
  }

 private:
  struct Stream {
    std::vector<Step> steps;
    std::map<std::string, proto::FileId> open;
  };

  absl::Status Load() {
    std::ifstream file(options_.log);
    if (!file) {
      return absl::InvalidArgumentError(
          absl::StrCat("cannot read the log \"", options_.log, "\"; name one with --log"));
    }
    std::map<std::string, size_t> numbers;
    std::string text;
    for (size_t line = 1; std::getline(file, text); ++line) {
      std::istringstream in(text);
      std::vector<std::string> words;
      for (std::string word; in >> word;) words.push_back(word);
      if (words.empty() || words[0][0] == '#') continue;
      Step step;
      step.line = line;
      if (!Parse(words, &step)) {
        return absl::InvalidArgumentError(absl::StrCat(
            options_.log, ":", line, ": not an operation; see docs/benchmarking.md: ", text));
      }
      const size_t stream = numbers.emplace(words[0], numbers.size()).first->second;
      streams_[stream % streams_.size()].steps.push_back(std::move(step));
    }
    if (numbers.empty()) {
      return absl::InvalidArgumentError(absl::StrCat(
          "the log ", options_.log, " has no operation (a pipe cannot be read twice)"));
    }
    return absl::OkStatus();
  }

  bool Parse(const std::vector<std::string>& words, Step* step) const {
    if (words.size() < 2) return false;
    for (const VerbRow& row : kVerbs) {
      if (row.word == words[1]) step->row = &row;
    }
    if (step->row == nullptr || words.size() < 2 + step->row->arguments) return false;
    const auto path = [this](const std::string& given) {
      return absl::StrCat(options_.directory, "\\", absl::StrReplaceAll(given, {{"/", "\\"}}));
    };
    switch (step->row->verb) {
      case Verb::kOpen:
        step->handle = words[0] + " " + words[2];
        step->path = path(words[3]);
        step->to = words.size() > 4 ? words[4] : "read";
        return step->to == "read" || step->to == "write" || step->to == "create";
      case Verb::kRead:
      case Verb::kWrite:
        step->handle = words[0] + " " + words[2];
        return absl::SimpleAtoi(words[3], &step->offset) &&
               absl::SimpleAtoi(words[4], &step->value) && step->value > 0 &&
               step->value <= (8u << 20);
      case Verb::kClose:
        step->handle = words[0] + " " + words[2];
        return true;
      case Verb::kRename:
        step->to = path(words[3]);
        step->path = path(words[2]);
        return true;
      case Verb::kWait:
        return absl::SimpleAtoi(words[2], &step->value);
      default:
        step->path = path(words[2]);
        return true;
    }
  }

  Task<NtStatus> Do(Client& client, Stream& stream, const Step& step, Outcome* outcome) {
    const WireName name(step.path);
    const auto open = stream.open.find(step.handle);
    const proto::FileId id = open == stream.open.end() ? proto::FileId() : open->second;
    switch (step.row->verb) {
      case Verb::kOpen:
        co_return co_await OpenStep(client, stream, step);
      case Verb::kRead:
        outcome->bytes = step.value;
        co_return co_await Read(client, id, step.offset, static_cast<uint32_t>(step.value), nullptr,
                                0);
      case Verb::kWrite:
        outcome->bytes = step.value;
        co_return co_await Write(client, id, step.offset, static_cast<uint32_t>(step.value),
                                 contents_, 0);
      case Verb::kClose:
        if (open != stream.open.end()) stream.open.erase(open);
        co_return co_await Close(client, id);
      case Verb::kMakeFolder:
        co_return co_await MakeFolder(client, step.path);
      case Verb::kDelete:
        co_return co_await Remove(client, name.span());
      case Verb::kWait: {
        outcome->counts = false;
        auto pause = client.engine().loop().SleepFor(step.value * 1000);
        co_await pause;
        co_return NtStatus::kOk;
      }
      default:
        co_return co_await OpenedStep(client, step, outcome);
    }
  }

  Task<NtStatus> OpenStep(Client& client, Stream& stream, const Step& step) {
    const WireName name(step.path);
    OpenHow how;
    if (step.to != "read") how.access |= access::kWriteData;
    if (step.to == "create") how.disposition = proto::kDispositionOpenIf;
    proto::FileId id;
    const NtStatus status = co_await Open(client, name.span(), how, &id);
    if (status == NtStatus::kOk) stream.open[step.handle] = id;
    co_return status;
  }

  // What needs an open of its own.
  Task<NtStatus> OpenedStep(Client& client, const Step& step, Outcome* outcome) {
    const WireName name(step.path);
    const Verb verb = step.row->verb;
    OpenHow how;
    if (verb == Verb::kStat) how.access = access::kReadAttributes;
    if (verb == Verb::kRename) how.access = access::kReadAttributes | access::kDelete;
    if (verb == Verb::kList) {
      how.access = access::kList;
      how.options = proto::kOptionDirectoryFile;
    }
    proto::FileId id;
    NtStatus status = co_await Open(client, name.span(), how, &id);
    if (status != NtStatus::kOk) co_return status;
    uint64_t size = 0;
    if (verb == Verb::kStat) status = co_await QueryInfo(client, id, &size);
    if (verb == Verb::kList) status = co_await List(client, id, &outcome->entries, &outcome->bytes);
    if (verb == Verb::kRename) status = co_await Rename(client, id, step.to);
    const NtStatus closed = co_await Close(client, id);
    co_return status == NtStatus::kOk ? closed : status;
  }

  const RunOptions& options_;
  Contents contents_;
  std::vector<Stream> streams_;  // by slot
  const absl::Status status_;    // of reading the log
};

}  // namespace

std::unique_ptr<Workload> MakeReplay(const RunOptions& options) {
  return std::make_unique<Replay>(options);
}

}  // namespace sluice::bench
