// top: what a gateway does, live.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <thread>
#include <utility>

#include "absl/status/statusor.h"
#include "tools/sluicectl/cli.h"
#include "tools/sluicectl/client.h"
#include "tools/sluicectl/terminal.h"
#include "tools/sluicectl/top_screen.h"

namespace sluice::sluicectl {
namespace {

using nlohmann::json;

// As many clients and files as are looked at; the busiest of them are shown.
constexpr int kRowsMax = 10'000;
// A batch has no terminal to ask for its size.
constexpr int kBatchRows = 50;
constexpr int kBatchColumns = 120;

struct Options {
  double seconds = 2;
  bool batch = false;
  int count = 0;
};

absl::StatusOr<TopSample> Look(const std::string& socket) {
  TopSample sample;
  absl::StatusOr<json> stats = Call(socket, "stats", json::object());
  if (!stats.ok()) return stats.status();
  absl::StatusOr<json> connections = Call(socket, "connections", {{"limit", kRowsMax}});
  if (!connections.ok()) return connections.status();
  absl::StatusOr<json> opens = Call(socket, "opens", {{"limit", kRowsMax}});
  if (!opens.ok()) return opens.status();
  sample.stats = *std::move(stats);
  sample.connections = (*connections)["rows"];
  sample.opens = (*opens)["rows"];
  return sample;
}

// False to end.
bool Obey(int key, TopView* view) {
  switch (key) {
    case Terminal::kEnd:
    case 'q':
    case 'Q':
      return false;
    case 'o':
      view->order = TopOrder::kOperations;
      return true;
    case 'b':
      view->order = TopOrder::kBytes;
      return true;
    case 'l':
      view->order = TopOrder::kLatency;
      return true;
    case 'n':
      view->order = TopOrder::kName;
      return true;
    case ' ':
      view->paused = !view->paused;
      return true;
    default:
      return true;
  }
}

absl::Status ShowLive(const Context& context, const Options& options, Terminal& terminal) {
  using Clock = std::chrono::steady_clock;
  const auto interval = std::chrono::milliseconds(static_cast<int>(options.seconds * 1000));
  absl::StatusOr<TopSample> before = Look(context.socket);
  if (!before.ok()) return before.status();
  TopSample now = *before;
  TopView view;
  // The first rates come early.
  Clock::time_point next = Clock::now() + std::min(interval, std::chrono::milliseconds(500));
  while (true) {
    view.rows = terminal.rows();
    view.columns = terminal.columns();
    terminal.Show(RenderTop(*before, now, view));
    const auto wait = std::chrono::duration_cast<std::chrono::milliseconds>(next - Clock::now());
    const int key = terminal.WaitForKey(std::max(0, static_cast<int>(wait.count())));
    if (!Obey(key, &view)) return absl::OkStatus();
    if (Clock::now() < next) continue;
    next = Clock::now() + interval;
    if (view.paused) continue;
    absl::StatusOr<TopSample> fresh = Look(context.socket);
    if (!fresh.ok()) return fresh.status();
    before = std::move(now);
    now = *std::move(fresh);
  }
}

absl::Status ShowBatch(const Context& context, const Options& options) {
  absl::StatusOr<TopSample> before = Look(context.socket);
  for (int i = 0; before.ok() && (options.count == 0 || i < options.count); ++i) {
    std::this_thread::sleep_for(std::chrono::duration<double>(options.seconds));
    absl::StatusOr<TopSample> now = Look(context.socket);
    if (!now.ok()) return now.status();
    const TopView view = {.rows = kBatchRows, .columns = kBatchColumns};
    std::cout << RenderTop(*before, *now, view) << "\n" << std::flush;
    before = std::move(now);
  }
  return before.status();
}

// What one look sees: the rates are for who looks twice.
absl::Status PrintSample(const Context& context) {
  const absl::StatusOr<TopSample> now = Look(context.socket);
  if (!now.ok()) return now.status();
  std::cout << JsonText(
      json{{"stats", now->stats}, {"connections", now->connections}, {"opens", now->opens}});
  return absl::OkStatus();
}

void Top(Context& context, const Options& options) {
  absl::Status status;
  if (context.json && !options.batch) {
    return Usage(context,
                 "top --json prints what it looked at with --batch: "
                 "sluicectl top --batch --json");
  }
  if (context.json) {
    status = PrintSample(context);
  } else if (options.batch) {
    status = ShowBatch(context, options);
  } else {
    Terminal terminal;
    if (!terminal.Open()) {
      return Usage(context, "top needs a terminal; without one: sluicectl top --batch");
    }
    status = ShowLive(context, options, terminal);
  }
  if (!status.ok()) Fail(context, status);
}

}  // namespace

void AddTopCommand(CLI::App& app, Context& context) {
  const auto options = std::make_shared<Options>();
  CLI::App* top = app.add_subcommand("top", "What the gateway does, live");
  top->add_option("--interval", options->seconds, "Seconds between two looks")
      ->capture_default_str()
      ->check(CLI::Range(0.1, 3600.0));
  top->add_flag("--batch", options->batch, "Print one screen after the other, without a terminal");
  top->add_option("--count", options->count, "Screens to print with --batch (default: no end)")
      ->check(CLI::NonNegativeNumber);
  top->callback([options, &context] { Top(context, *options); });
}

}  // namespace sluice::sluicectl
