#include "tests/fuzz/frame_run.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "crypto/batch_stage.h"
#include "proto/wire/reader.h"
#include "tests/fuzz/frame_input.h"
#include "tests/fuzz/fuzz_client.h"
#include "tests/fuzz/fuzz_server.h"

namespace sluice::fuzz {
namespace {

// Every so many inputs the server is made anew: what lasts in it, such as the simulated network's
// list of peers, stays small.
constexpr int kInputsPerServer = 256;
constexpr uint32_t kMillisMax = 300'000;
// Far more turns than an input needs.
constexpr int kTurnsMax = 100'000;
constexpr size_t kConnectionsMax = kSwitchToMask;

class Play {
 public:
  Play(FuzzServer& server, crypto::BatchStage& stage, uint8_t options)
      : server_(server), stage_(stage), options_(options) {
    Preferences preferences = InitialPreferences();
    preferences.signing_required = (options & kOptionSigningRequired) != 0;
    if ((options & kOptionEncryptionRequired) != 0) {
      preferences.encryption = EncryptionMode::kRequired;
    }
    server_.Begin(std::move(preferences));
    SwitchTo(0, 0);
    // Otherwise no input would reach a file, and nobody would notice.
    FuzzClient& first = *clients_[0];
    if (first.logged_on() && !first.has_all_trees()) {
      Finding("the client cannot use the shares");
    }
  }

  ~Play() {
    for (std::unique_ptr<FuzzClient>& client : clients_) {
      if (client != nullptr) client->FinishFrame();
    }
    Settle();
    for (std::unique_ptr<FuzzClient>& client : clients_) {
      if (client != nullptr) client->Close();
    }
    server_.CheckIdle();
  }
  Play(const Play&) = delete;
  Play& operator=(const Play&) = delete;

  void Do(const Record& record) {
    FuzzClient& client = *clients_[current_];
    switch (record.record_kind()) {
      case RecordKind::kRequest:
        client.Request(record);
        break;
      case RecordKind::kLinked:
        client.Request(record);
        return;
      case RecordKind::kFrame:
        client.SendFrame(record.body);
        break;
      case RecordKind::kStream:
        client.SendStream(record.body);
        break;
      case RecordKind::kTime: {
        proto::Reader reader(record.body);
        Settle();
        server_.Advance(std::min(reader.U32(), kMillisMax));
        break;
      }
      case RecordKind::kSealed:
        client.SendSealed(record.body);
        break;
      case RecordKind::kSwitch: {
        const bool ends = (record.flags & kSwitchEndsPrevious) != 0;
        SwitchTo(record.flags & kSwitchToMask, ends ? client.session_id() : 0);
        break;
      }
      case RecordKind::kLogOn: {
        const bool again = (record.flags & kLogOnAgain) != 0;
        if (client.LogOn(record.flags & kLogOnUserMask, again, 0) && !again) client.ConnectTrees();
        break;
      }
      case RecordKind::kAdmin: {
        const size_t tree = record.flags & kFlagTreeMask;
        const size_t share = tree % 3 + ((record.header & kHeaderOnDisk) != 0 ? 3 : 0);
        server_.Administer(static_cast<AdminAction>(record.command % kAdminActions), share);
        break;
      }
    }
    if ((record.flags & kFlagNoWait) == 0) Settle();
  }

 private:
  // Until a turn has nothing to do and nobody has anything to read.
  void Settle() {
    bool busy = true;
    for (int turns = 0; busy; ++turns) {
      if (turns == kTurnsMax) Finding("the server does not come to rest");
      busy = server_.Turn();
      for (std::unique_ptr<FuzzClient>& client : clients_) {
        if (client != nullptr && client->Read()) busy = true;
      }
    }
  }

  void SwitchTo(size_t which, uint64_t previous_session) {
    current_ = std::min(which, kConnectionsMax - 1);
    std::unique_ptr<FuzzClient>& client = clients_[current_];
    if (client != nullptr) return;
    client = std::make_unique<FuzzClient>(server_, stage_, options_, [this] { Settle(); });
    const uint8_t start = options_ & kOptionStartMask;
    if (start == kOptionStartNothing || !client->Negotiate() || start == kOptionStartNegotiated) {
      return;
    }
    if (client->LogOn(0, false, previous_session)) client->ConnectTrees();
  }

  FuzzServer& server_;
  crypto::BatchStage& stage_;
  const uint8_t options_;
  std::array<std::unique_ptr<FuzzClient>, kConnectionsMax> clients_;
  size_t current_ = 0;
};

}  // namespace

void RunFrames(absl::Span<const uint8_t> bytes) {
  static std::unique_ptr<FuzzServer> server;
  static const std::unique_ptr<crypto::BatchStage> stage = crypto::BatchStage::Create();
  static int inputs = 0;
  // Jobs of the blocking pool run on this thread here, and some of them change the directory.
  static const int directory = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (server == nullptr || ++inputs % kInputsPerServer == 0) {
    server.reset();
    server = std::make_unique<FuzzServer>();
  }
  const Input input = Parse(bytes);
  {
    Play play(*server, *stage, input.options);
    for (const Record& record : input.records) play.Do(record);
  }
  if (fchdir(directory) != 0) Finding("the working directory is lost");
}

}  // namespace sluice::fuzz
