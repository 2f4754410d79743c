#include "tools/sluicectl/cli.h"

#include <iostream>
#include <nlohmann/json.hpp>

#include "absl/status/statusor.h"
#include "tools/sluicectl/client.h"

namespace sluice::sluicectl {

using nlohmann::json;

void Run(Context& context, const std::string& command, const json& params, const Render& render) {
  const absl::StatusOr<json> result = Call(context.socket, command, params);
  if (!result.ok()) {
    std::cerr << "sluicectl: " << result.status().message() << "\n";
    context.exit_code = absl::IsUnavailable(result.status()) ? kUnreachable : kRefused;
    return;
  }
  std::cout << (context.json ? result->dump(2) + "\n" : render(*result));
}

void Usage(Context& context, const std::string& message) {
  std::cerr << "sluicectl: " << message << "\n";
  context.exit_code = kUsage;
}

}  // namespace sluice::sluicectl
