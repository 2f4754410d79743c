#include "server/config/live_configuration.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cerrno>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/base/replace_file.h"

namespace sluice::config {
namespace {

std::string Share(const std::string& name, const std::string& comment) {
  return absl::StrCat("[[share]]\nname = '", name, "'\nstorage = 'memory'\ncomment = '", comment,
                      "'\n");
}

// With a share "files", and something that serves shares.
class LiveConfigurationTest : public testing::Test {
 protected:
  void SetUp() override {
    directory_ = "/tmp/liveXXXXXX";
    ASSERT_NE(mkdtemp(directory_.data()), nullptr);
    auto opened = LiveConfiguration::Open(Parse(Share("files", "one")));
    ASSERT_TRUE(opened.ok()) << opened.status();
    live_ = *std::move(opened);
    served_["files"] = "one";
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  std::string Text(const std::string& shares) const {
    return absl::StrCat("[server]\nstate_dir = '", directory_, "'\n", shares);
  }
  std::string file() const { return directory_ + "/sluice.toml"; }
  Configuration Parse(const std::string& shares) const {
    auto parsed = ParseConfiguration(Text(shares), file());
    EXPECT_TRUE(parsed.ok()) << parsed.status();
    return *std::move(parsed);
  }
  ServeShare Server() {
    return [this](const std::string& name,
                  const ShareOptions* options) -> absl::StatusOr<std::function<void()>> {
      if (refused_.count(name) != 0) return absl::UnavailableError(absl::StrCat("no ", name));
      const bool serves = options != nullptr;
      return [this, name, serves, share = serves ? *options : ShareOptions()] {
        for (auto it = served_.begin(); it != served_.end();) {
          it = absl::EqualsIgnoreCase(it->first, name) ? served_.erase(it) : std::next(it);
        }
        if (serves) served_[share.name] = share.comment;
      };
    };
  }
  ReloadReport Reload(const std::string& shares) {
    auto report = live_->Reload(Parse(shares), Server());
    EXPECT_TRUE(report.ok()) << report.status();
    return *std::move(report);
  }
  // Names and comments, as the configuration tells them.
  std::map<std::string, std::string> Told() const {
    std::map<std::string, std::string> told;
    for (const ShareView& share : live_->Shares()) {
      told[share.options.name] = share.options.comment;
    }
    return told;
  }

  std::string directory_;
  std::unique_ptr<LiveConfiguration> live_;
  std::map<std::string, std::string> served_;  // comments by name
  std::set<std::string> refused_;
};

using Strings = std::vector<std::string>;
using Comments = std::map<std::string, std::string>;

TEST_F(LiveConfigurationTest, ShareThatIsSpelledOtherwiseIsServedAnew) {
  ASSERT_TRUE(live_->Set({{"share.files.deny_read", "eve"}}, false).ok());
  EXPECT_EQ(Reload(Share("FILES", "one")).shares_changed, Strings{"FILES"});
  EXPECT_EQ(served_, (Comments{{"FILES", "one"}}));
  // What was set at run time is still there, and can be taken back.
  const auto value = [this] {
    for (const PreferenceView& view : live_->List()) {
      if (view.key.name() == "share.FILES.deny_read") {
        return absl::StrCat(Name(view.source), " ", view.value);
      }
    }
    return std::string("none");
  };
  EXPECT_EQ(value(), "runtime eve");
  ASSERT_TRUE(live_->Reset({"share.FILES.deny_read"}, false).ok());
  EXPECT_EQ(value(), "default ");
}

TEST_F(LiveConfigurationTest, ShareThatCannotBeServedStaysWhatItWasUntilTheNextReload) {
  refused_ = {"files", "new"};
  const std::string wanted = Share("files", "two") + Share("new", "n");
  const ReloadReport refused = Reload(wanted);
  EXPECT_EQ(refused.failed,
            (Strings{"no files; it is served as before; the next reload tries again",
                     "no new; it is not served; the next reload tries again"}));
  EXPECT_TRUE(refused.shares_changed.empty() && refused.shares_added.empty());
  EXPECT_EQ(Told(), (Comments{{"files", "one"}}));
  // Another change does not bring back what failed.
  ASSERT_TRUE(live_->Set({{"limits.credits", "77"}}, false).ok());
  EXPECT_EQ(Told(), (Comments{{"files", "one"}}));
  refused_.clear();
  const ReloadReport done = Reload(wanted);
  EXPECT_EQ(done.shares_changed, Strings{"files"});
  EXPECT_EQ(done.shares_added, Strings{"new"});
  EXPECT_TRUE(done.failed.empty());
  EXPECT_EQ(Told(), (Comments{{"files", "two"}, {"new", "n"}}));
  EXPECT_EQ(served_, Told());
}

TEST_F(LiveConfigurationTest, ShareThatCannotBeRemovedIsToldOf) {
  refused_ = {"files"};
  const ReloadReport report = Reload(Share("new", "n"));
  EXPECT_EQ(report.failed, Strings{"no files; it is still served: restart the gateway"});
  EXPECT_EQ(report.shares_added, Strings{"new"});
  EXPECT_TRUE(report.shares_removed.empty());
}

TEST_F(LiveConfigurationTest, ChangeThatCannotBeKeptHasNotTakenEffect) {
  base::SetDirectorySyncForTest([](int) {
    errno = EIO;
    return -1;
  });
  EXPECT_FALSE(live_->RemoveShare("files", Server()).ok());
  EXPECT_FALSE(live_->ChangeShare("files", std::nullopt, "two", Server()).ok());
  EXPECT_FALSE(live_->Set({{"limits.credits", "77"}}, false).ok());
  base::SetDirectorySyncForTest(nullptr);
  EXPECT_EQ(served_, (Comments{{"files", "one"}}));
  EXPECT_EQ(Told(), (Comments{{"files", "one"}}));
  // Nor does it after a restart.
  const auto again = LiveConfiguration::Open(Parse(Share("files", "one")));
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ((*again)->Shares().size(), 1u);
  EXPECT_EQ((*again)->Shares()[0].options.comment, "one");
}

TEST_F(LiveConfigurationTest, LookingDoesNotWaitForStorage) {
  std::promise<void> asked;
  std::promise<void> answers;
  auto change = std::async(std::launch::async, [&] {
    const ServeShare waits = [&](const std::string& name, const ShareOptions* options) {
      asked.set_value();
      answers.get_future().wait();
      return Server()(name, options);
    };
    return live_->ChangeShare("files", std::nullopt, "two", waits).ok();
  });
  asked.get_future().wait();
  EXPECT_EQ(Told(), (Comments{{"files", "one"}}));
  EXPECT_FALSE(live_->List().empty());
  answers.set_value();
  EXPECT_TRUE(change.get());
  EXPECT_EQ(Told(), (Comments{{"files", "two"}}));
}

TEST_F(LiveConfigurationTest, AnAddedShareHasNothingOfOneThatWasTakenOutOfTheFile) {
  Reload(Share("old", "one"));
  ASSERT_TRUE(live_->Set({{"share.old.guest", "true"}}, false).ok());
  Reload(Share("files", "one"));
  ShareOptions share;
  share.name = "OLD";
  share.path = "/";
  ASSERT_TRUE(live_->AddShare(share, {}, Server()).ok());
  EXPECT_FALSE(live_->InitialOptions().preferences.shares.at("OLD").guest);
}

TEST_F(LiveConfigurationTest, AChangedShareGoesBackToItsDefaults) {
  ShareOptions share;
  share.name = "new";
  share.path = "/";
  ASSERT_TRUE(live_->AddShare(share, {}, Server()).ok());
  ASSERT_TRUE(live_->Set({{"share.new.guest", "true"}}, false).ok());
  ASSERT_TRUE(live_->ChangeShare("new", std::nullopt, "comment", Server()).ok());
  ASSERT_TRUE(live_->Reset({"share.new.guest"}, false).ok());
  EXPECT_FALSE(live_->InitialOptions().preferences.shares.at("new").guest);
}

TEST_F(LiveConfigurationTest, IpcIsTakenInAnyCase) {
  for (const char* name : {"IPC$", "ipc$", "\xC4\xB1pc$"}) {
    ShareOptions share;
    share.name = name;
    share.path = "/";
    EXPECT_FALSE(live_->AddShare(share, {}, Server()).ok()) << name;
  }
}

TEST_F(LiveConfigurationTest, EmptyRuntimeFileIsDamaged) {
  std::ofstream(directory_ + "/runtime.json").flush();
  const auto opened = LiveConfiguration::Open(Parse(Share("files", "one")));
  EXPECT_TRUE(absl::StrContains(opened.status().message(), "it is not a JSON object"))
      << opened.status();
}

TEST_F(LiveConfigurationTest, ShareThatCannotBeRenamedKeepsItsNameAndItsLists) {
  refused_ = {"FILES"};
  Reload(Share("FILES", "one") + "allow_read = ['alice']\n");
  EXPECT_EQ(Told(), (Comments{{"files", "one"}}));
  EXPECT_EQ(live_->InitialOptions().preferences.shares.at("files").allow_read, Strings{"alice"});
}

TEST_F(LiveConfigurationTest, ReloadTellsWhatIsOverriddenAndResetTakesItBack) {
  ASSERT_TRUE(live_->ChangeShare("FILES", std::nullopt, "mine", Server()).ok());
  EXPECT_EQ(Reload(Share("files", "two")).overridden,
            Strings{"files: the file's comment is overridden at run time"});
  EXPECT_EQ(served_, (Comments{{"files", "mine"}}));
  ASSERT_TRUE(live_->ResetShare("FILES", Server()).ok());
  EXPECT_EQ(served_, (Comments{{"files", "two"}}));
  EXPECT_TRUE(Reload(Share("files", "two")).overridden.empty());
  ASSERT_TRUE(live_->RemoveShare("files", Server()).ok());
  EXPECT_EQ(Reload(Share("files", "two")).overridden,
            Strings{"files: the file's share was removed at run time"});
  ASSERT_TRUE(live_->ResetShare("files", Server()).ok());
  EXPECT_EQ(served_, (Comments{{"files", "two"}}));
  EXPECT_TRUE(live_->ResetShare("files", Server()).ok()) << "it is as the file says already";
  EXPECT_TRUE(absl::IsNotFound(live_->ResetShare("other", Server())));
}

TEST_F(LiveConfigurationTest, ReloadThatBeganEarlierDoesNotOverwriteALaterOne) {
  // The first reload reads from a pipe that has no text yet.
  ASSERT_EQ(mkfifo(file().c_str(), 0600), 0);
  auto first = std::async(std::launch::async, [this] { return live_->ReloadFile(Server()).ok(); });
  std::ofstream pipe(file());  // returns when the other end is open
  std::ofstream(directory_ + "/later") << Text(Share("files", "later"));
  std::filesystem::rename(directory_ + "/later", file());
  auto second = std::async(std::launch::async, [this] { return live_->ReloadFile(Server()).ok(); });
  EXPECT_EQ(second.wait_for(std::chrono::milliseconds(100)), std::future_status::timeout);
  pipe << Text(Share("files", "earlier"));
  pipe.close();
  EXPECT_TRUE(first.get());
  EXPECT_TRUE(second.get());
  EXPECT_EQ(served_, (Comments{{"files", "later"}}));
}

}  // namespace
}  // namespace sluice::config
