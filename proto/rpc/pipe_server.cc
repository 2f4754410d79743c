#include "proto/rpc/pipe_server.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "proto/rpc/srvsvc.h"
#include "proto/rpc/wkssvc.h"

namespace sluice::proto::rpc {
namespace {

using CallHandler = CallResult (*)(uint16_t, absl::Span<const uint8_t>, const ServerDescription&);

struct Interface {
  PipeKind kind;
  const char* pipe;     // in lower case
  const char* address;  // of a bind_ack
  const SyntaxId* syntax;
  CallHandler handle;
};

const Interface kInterfaces[] = {
    {PipeKind::kSrvsvc, "srvsvc", "\\PIPE\\srvsvc", &kSrvsvcSyntax, srvsvc::Handle},
    {PipeKind::kWkssvc, "wkssvc", "\\PIPE\\wkssvc", &kWkssvcSyntax, wkssvc::Handle},
};

const Interface& InterfaceOf(PipeKind kind) { return kInterfaces[static_cast<size_t>(kind)]; }

// [MS-RPCE] 3.3.1.5.3: this prefix, then the features as bits. All of them are refused.
constexpr uint8_t kBindTimeFeaturePrefix[] = {0x2C, 0x1C, 0xB7, 0x6C, 0x12, 0x98, 0x40, 0x45};

bool IsBindTimeFeature(const SyntaxId& syntax) {
  return std::equal(std::begin(kBindTimeFeaturePrefix), std::end(kBindTimeFeaturePrefix),
                    syntax.uuid.begin());
}

BindAckPdu::Result Judge(const PresentationContext& context, const SyntaxId& served) {
  BindAckPdu::Result result;
  result.result = ContextResult::kProviderRejection;
  const std::vector<SyntaxId>& transfers = context.transfer_syntaxes;
  if (transfers.size() == 1 && IsBindTimeFeature(transfers[0])) {
    result.result = ContextResult::kNegotiateAck;
  } else if (context.abstract_syntax.uuid != served.uuid ||
             context.abstract_syntax.major != served.major) {
    result.reason = ContextReason::kAbstractSyntaxNotSupported;
  } else if (std::find(transfers.begin(), transfers.end(), kNdrSyntax) == transfers.end()) {
    result.reason = ContextReason::kTransferSyntaxesNotSupported;
  } else {
    result.result = ContextResult::kAcceptance;
    result.transfer_syntax = kNdrSyntax;
  }
  return result;
}

}  // namespace

std::optional<PipeKind> FindPipe(absl::string_view name) {
  if (!name.empty() && name[0] == '\\') name.remove_prefix(1);
  for (const Interface& row : kInterfaces) {
    const absl::string_view pipe = row.pipe;
    if (std::equal(name.begin(), name.end(), pipe.begin(), pipe.end(),
                   [](unsigned char a, unsigned char b) { return std::tolower(a) == b; })) {
      return row.kind;
    }
  }
  return std::nullopt;
}

bool PipeServer::Write(absl::Span<const uint8_t> bytes, const ServerDescription& server) {
  if (bytes.size() > kRequestBytesMax - std::min(kRequestBytesMax, input_.size())) return false;
  input_.insert(input_.end(), bytes.begin(), bytes.end());
  size_t taken = 0;
  while (input_.size() - taken >= kPduHeaderBytes) {
    const absl::Span<const uint8_t> rest = absl::MakeConstSpan(input_).subspan(taken);
    PduHeader header;
    if (!PduHeader::Decode(rest, &header)) return false;
    if (rest.size() < header.fragment_bytes) break;
    if (!HandlePdu(rest.subspan(0, header.fragment_bytes), header, server)) return false;
    taken += header.fragment_bytes;
  }
  input_.erase(input_.begin(), input_.begin() + static_cast<ptrdiff_t>(taken));
  return true;
}

bool PipeServer::HandlePdu(absl::Span<const uint8_t> pdu, const PduHeader& header,
                           const ServerDescription& server) {
  switch (header.type) {
    case PduType::kBind:
    case PduType::kAlterContext:
      return HandleBind(pdu, header);
    case PduType::kRequest:
      return HandleRequest(pdu, server);
    case PduType::kOrphaned:
      if (call_id_ == header.call_id) {
        call_id_.reset();
        stub_.clear();
      }
      return true;
    case PduType::kCancel:
      // Every call is over before the next PDU is looked at.
      return true;
    default:
      return false;
  }
}

bool PipeServer::HandleBind(absl::Span<const uint8_t> pdu, const PduHeader& header) {
  const bool first = header.type == PduType::kBind;
  BindPdu bind;
  // A second bind, or an alter_context before any, is a protocol error.
  if (first == bound_ || !BindPdu::Decode(pdu, &bind)) return false;
  const Interface& served = InterfaceOf(kind_);
  BindAckPdu ack;
  if (first) {
    max_transmit_ = std::clamp(bind.max_receive, kFragmentBytesMin, kFragmentBytesMax);
    ack.secondary_address = served.address;
  }
  ack.max_transmit = max_transmit_;
  ack.max_receive = kFragmentBytesMax;
  // Any number but 0; clients give it back and nothing here is shared by it.
  ack.association_group = bind.association_group != 0 ? bind.association_group : 0x53F0;
  for (const PresentationContext& context : bind.contexts) {
    const BindAckPdu::Result result = Judge(context, *served.syntax);
    if (result.result == ContextResult::kAcceptance && !HasContext(context.id)) {
      if (contexts_.size() == kContextsMax) return false;
      contexts_.push_back(context.id);
    }
    ack.results.push_back(result);
  }
  bound_ = true;
  std::vector<uint8_t> answer(kFragmentBytesMin);
  Writer w(absl::MakeSpan(answer));
  ack.Encode(w, first ? PduType::kBindAck : PduType::kAlterContextResponse, header.call_id);
  if (!w.ok()) return false;
  answer.resize(w.size());
  return Enqueue(std::move(answer));
}

bool PipeServer::HasContext(uint16_t id) const {
  return std::find(contexts_.begin(), contexts_.end(), id) != contexts_.end();
}

bool PipeServer::HandleRequest(absl::Span<const uint8_t> pdu, const ServerDescription& server) {
  RequestPdu request;
  if (!bound_ || !RequestPdu::Decode(pdu, &request)) return false;
  const bool is_first = (request.header.flags & pdu_flag::kFirst) != 0;
  const bool is_last = (request.header.flags & pdu_flag::kLast) != 0;
  // Fragments of one call come in order and are not mixed with another's.
  if (is_first == call_id_.has_value()) return false;
  if (!is_first && call_id_ != request.header.call_id) return false;
  if (stub_.size() + request.stub.size() > kRequestBytesMax) return false;
  stub_.insert(stub_.end(), request.stub.begin(), request.stub.end());
  call_id_ = request.header.call_id;
  if (!is_last) return true;
  call_id_.reset();
  const std::vector<uint8_t> stub = std::exchange(stub_, {});
  return Call(request, stub, server);
}

bool PipeServer::Call(const RequestPdu& request, absl::Span<const uint8_t> stub,
                      const ServerDescription& server) {
  if (!HasContext(request.context_id)) return Fault(request, fault_status::kUnknownInterface);
  const CallResult result = InterfaceOf(kind_).handle(request.operation, stub, server);
  if (result.fault != 0) return Fault(request, result.fault);
  return Respond(request, result.stub);
}

bool PipeServer::Respond(const RequestPdu& request, absl::Span<const uint8_t> stub) {
  const size_t room = max_transmit_ - kRequestHeaderBytes;
  ResponsePdu response;
  response.header.call_id = request.header.call_id;
  response.context_id = request.context_id;
  response.header.flags = pdu_flag::kFirst;
  do {
    response.allocation_hint = static_cast<uint32_t>(stub.size());
    response.stub = stub.subspan(0, std::min(room, stub.size()));
    stub.remove_prefix(response.stub.size());
    if (stub.empty()) response.header.flags |= pdu_flag::kLast;
    std::vector<uint8_t> fragment(kRequestHeaderBytes + response.stub.size());
    Writer w(absl::MakeSpan(fragment));
    response.Encode(w);
    if (!w.ok() || !Enqueue(std::move(fragment))) return false;
    response.header.flags = 0;
  } while (!stub.empty());
  return true;
}

bool PipeServer::Fault(const RequestPdu& request, uint32_t status) {
  FaultPdu fault;
  fault.header.call_id = request.header.call_id;
  fault.header.flags |= pdu_flag::kDidNotExecute;
  fault.context_id = request.context_id;
  fault.status = status;
  std::vector<uint8_t> answer(kRequestHeaderBytes + 8);
  Writer w(absl::MakeSpan(answer));
  fault.Encode(w);
  return w.ok() && Enqueue(std::move(answer));
}

bool PipeServer::Enqueue(std::vector<uint8_t> fragment) {
  if (answer_bytes_ + fragment.size() > kAnswerBytesMax) return false;
  answer_bytes_ += fragment.size();
  answers_.push_back(std::move(fragment));
  return true;
}

size_t PipeServer::pending_bytes() const {
  return answers_.empty() ? 0 : answers_.front().size() - answer_taken_;
}

void PipeServer::Clear() {
  std::vector<uint8_t>().swap(input_);
  std::vector<uint8_t>().swap(stub_);
  answers_.clear();
  answer_bytes_ = 0;
  answer_taken_ = 0;
}

size_t PipeServer::Read(absl::Span<uint8_t> out) {
  const size_t n = std::min(out.size(), pending_bytes());
  if (n == 0) return 0;
  std::copy_n(answers_.front().begin() + static_cast<ptrdiff_t>(answer_taken_), n, out.begin());
  answer_taken_ += n;
  answer_bytes_ -= n;
  if (answer_taken_ == answers_.front().size()) {
    answers_.pop_front();
    answer_taken_ = 0;
  }
  return n;
}

}  // namespace sluice::proto::rpc
