// A gateway that serves nobody, and what the control socket's commands act on.
#ifndef SLUICE_TESTS_SERVER_CONTROL_CONTROL_FIXTURE_H_
#define SLUICE_TESTS_SERVER_CONTROL_CONTROL_FIXTURE_H_

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "server/config/live_configuration.h"
#include "server/control/commands.h"
#include "server/gateway.h"

namespace sluice::control {

// With a share "files" in memory. Nothing is started: no thread but the test's.
class ControlTest : public testing::Test {
 protected:
  void SetUp() override {
    // A socket's path has 107 bytes at most; the runner's own directory may be longer.
    directory_ = "/tmp/controlXXXXXX";
    ASSERT_NE(mkdtemp(directory_.data()), nullptr);
    Open(ConfigurationText());
  }
  void TearDown() override {
    gateway_.reset();
    configuration_.reset();
    std::filesystem::remove_all(directory_);
  }

  std::string ConfigurationText() const {
    return "[server]\nlisten = ['127.0.0.1:0']\nloops = 1\nstate_dir = '" + directory_ +
           "/state'\n[log]\nlevel = 'warning'\n[signing]\nrequired = true\n"
           "[[share]]\nname = 'files'\nstorage = 'memory'\n";
  }

  // As sluiced does at its start, and again for a restart.
  void Open(const std::string& text, const std::string& file = "test.toml") {
    context_.reset();
    gateway_.reset();
    auto parsed = config::ParseConfiguration(text, file);
    ASSERT_TRUE(parsed.ok()) << parsed.status();
    auto configuration = config::LiveConfiguration::Open(*std::move(parsed));
    ASSERT_TRUE(configuration.ok()) << configuration.status();
    configuration_ = *std::move(configuration);
    auto gateway = Gateway::Create(configuration_->InitialOptions());
    ASSERT_TRUE(gateway.ok()) << gateway.status();
    gateway_ = *std::move(gateway);
    configuration_->Attach(gateway_->preferences());
    context_ = std::make_unique<ControlContext>(ControlContext{*gateway_, *configuration_});
  }

  nlohmann::json Do(const std::string& line) {
    return nlohmann::json::parse(Execute(*context_, caller_, line));
  }
  std::string ErrorOf(const std::string& line) {
    const nlohmann::json response = Do(line);
    if (!response.contains("error")) return "no error";
    return response["error"]["message"].get<std::string>();
  }
  nlohmann::json ResultOf(const std::string& line) {
    const nlohmann::json response = Do(line);
    EXPECT_TRUE(response.contains("result")) << response;
    return response.value("result", nlohmann::json());
  }

  Caller caller_;  // root
  std::string directory_;
  std::unique_ptr<config::LiveConfiguration> configuration_;
  std::unique_ptr<Gateway> gateway_;
  std::unique_ptr<ControlContext> context_;
};

}  // namespace sluice::control

#endif  // SLUICE_TESTS_SERVER_CONTROL_CONTROL_FIXTURE_H_
