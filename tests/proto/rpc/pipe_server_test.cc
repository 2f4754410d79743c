#include "proto/rpc/pipe_server.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "proto/rpc/srvsvc.h"
#include "tests/proto/rpc/captured_pdus.h"
#include "tests/proto/testing/codec.h"

namespace sluice::proto::rpc {
namespace {

constexpr uint16_t kShareEnum = static_cast<uint16_t>(srvsvc::Operation::kNetrShareEnum);

ServerDescription WithShares(size_t count) {
  ServerDescription server;
  for (size_t i = 0; i < count; ++i) {
    ShareDescription share;
    share.name = "share" + std::to_string(i);
    server.shares.push_back(share);
  }
  return server;
}

Bytes ReadAnswer(PipeServer& pipe) {
  Bytes out(pipe.pending_bytes());
  EXPECT_EQ(pipe.Read(absl::MakeSpan(out)), out.size());
  return out;
}

Bytes Bind(const std::vector<PresentationContext>& contexts, PduType type = PduType::kBind) {
  BindPdu bind;
  bind.contexts = contexts;
  return Written([&](Writer& w) { bind.Encode(w, type, 1); });
}

Bytes Request(uint16_t operation, const Bytes& stub, uint8_t flags, uint16_t context_id = 0,
              uint32_t call_id = 2) {
  RequestPdu request;
  request.header.flags = flags;
  request.header.call_id = call_id;
  request.operation = operation;
  request.context_id = context_id;
  request.stub = stub;
  return Encoded(request);
}

constexpr uint8_t kWhole = pdu_flag::kFirst | pdu_flag::kLast;

class PipeServerTest : public testing::Test {
 protected:
  bool Write(const Bytes& bytes) { return pipe_.Write(bytes, server_); }

  void BindSrvsvc() {
    ASSERT_TRUE(Write(FromHex(kBind)));
    ReadAnswer(pipe_);
  }

  // Puts the fragments of one answer together.
  std::vector<uint8_t> ReadStub(size_t* fragments) {
    std::vector<uint8_t> stub;
    *fragments = 0;
    while (pipe_.has_answer()) {
      const Bytes bytes = ReadAnswer(pipe_);
      ResponsePdu response;
      EXPECT_TRUE(ResponsePdu::Decode(bytes, &response));
      EXPECT_EQ(response.header.fragment_bytes, bytes.size());
      EXPECT_EQ((response.header.flags & pdu_flag::kFirst) != 0, *fragments == 0);
      EXPECT_EQ((response.header.flags & pdu_flag::kLast) != 0, !pipe_.has_answer());
      stub.insert(stub.end(), response.stub.begin(), response.stub.end());
      ++*fragments;
    }
    return stub;
  }

  uint32_t FaultOf(const Bytes& request) {
    EXPECT_TRUE(Write(request));
    FaultPdu fault;
    EXPECT_TRUE(FaultPdu::Decode(ReadAnswer(pipe_), &fault));
    EXPECT_EQ(fault.header.call_id, 2u);
    return fault.status;
  }

  ServerDescription server_ = WithShares(2);
  PipeServer pipe_{PipeKind::kSrvsvc};
};

TEST_F(PipeServerTest, AnswersSmbclient) {
  ASSERT_TRUE(Write(FromHex(kBind)));
  BindAckPdu ack;
  ASSERT_TRUE(BindAckPdu::Decode(ReadAnswer(pipe_), &ack));
  ASSERT_EQ(ack.results.size(), 1u);
  EXPECT_EQ(ack.results[0].result, ContextResult::kAcceptance);
  EXPECT_NE(ack.association_group, 0u);
  EXPECT_EQ(ack.secondary_address, "\\PIPE\\srvsvc");

  ASSERT_TRUE(Write(FromHex(kShareEnumRequest)));
  size_t fragments;
  std::vector<srvsvc::ShareInfo1> shares;
  uint32_t error;
  ASSERT_TRUE(srvsvc::DecodeShareEnumResponse1(ReadStub(&fragments), &shares, &error));
  EXPECT_EQ(fragments, 1u);
  ASSERT_EQ(shares.size(), 2u);
  EXPECT_EQ(shares[1].name, "share1");
}

TEST_F(PipeServerTest, BytesMayComeOneByOne) {
  Bytes both = FromHex(kBind);
  const Bytes request = FromHex(kShareEnumRequest);
  both.insert(both.end(), request.begin(), request.end());
  for (const uint8_t byte : both) ASSERT_TRUE(Write({byte}));
  EXPECT_EQ(ReadAnswer(pipe_)[2], static_cast<uint8_t>(PduType::kBindAck));
  EXPECT_EQ(ReadAnswer(pipe_)[2], static_cast<uint8_t>(PduType::kResponse));
  EXPECT_FALSE(pipe_.has_answer());
}

TEST_F(PipeServerTest, LongAnswersAreCutIntoFragments) {
  server_ = WithShares(1000);
  BindSrvsvc();
  ASSERT_TRUE(Write(FromHex(kShareEnumRequest)));
  EXPECT_LE(pipe_.pending_bytes(), kFragmentBytesMax);
  size_t fragments;
  std::vector<srvsvc::ShareInfo1> shares;
  uint32_t error;
  ASSERT_TRUE(srvsvc::DecodeShareEnumResponse1(ReadStub(&fragments), &shares, &error));
  EXPECT_GT(fragments, 10u);
  EXPECT_EQ(shares.size(), 1000u);
}

TEST_F(PipeServerTest, FragmentsKeepToWhatTheClientReceives) {
  Bytes bind = FromHex(kBind);
  bind[18] = 0xD0;  // 2000
  bind[19] = 0x07;
  server_ = WithShares(1000);
  ASSERT_TRUE(Write(bind));
  ReadAnswer(pipe_);
  ASSERT_TRUE(Write(FromHex(kShareEnumRequest)));
  EXPECT_EQ(pipe_.pending_bytes(), 2000u);
}

TEST_F(PipeServerTest, FragmentMayBeReadInParts) {
  BindSrvsvc();
  ASSERT_TRUE(Write(FromHex(kShareEnumRequest)));
  const size_t whole = pipe_.pending_bytes();
  Bytes part(10);
  EXPECT_EQ(pipe_.Read(absl::MakeSpan(part)), 10u);
  EXPECT_EQ(pipe_.pending_bytes(), whole - 10);
  EXPECT_EQ(ReadAnswer(pipe_).size(), whole - 10);
  EXPECT_EQ(pipe_.Read(absl::MakeSpan(part)), 0u);
}

TEST_F(PipeServerTest, RequestFragmentsArePutTogether) {
  BindSrvsvc();
  const Bytes stub = srvsvc::EncodeShareEnumRequest("SLUICE", 1);
  const Bytes head(stub.begin(), stub.begin() + 8);
  const Bytes middle(stub.begin() + 8, stub.begin() + 16);
  const Bytes tail(stub.begin() + 16, stub.end());
  ASSERT_TRUE(Write(Request(kShareEnum, head, pdu_flag::kFirst)));
  ASSERT_TRUE(Write(Request(kShareEnum, middle, 0)));
  EXPECT_FALSE(pipe_.has_answer());
  ASSERT_TRUE(Write(Request(kShareEnum, tail, pdu_flag::kLast)));
  size_t fragments;
  std::vector<srvsvc::ShareInfo1> shares;
  uint32_t error;
  EXPECT_TRUE(srvsvc::DecodeShareEnumResponse1(ReadStub(&fragments), &shares, &error));
}

TEST_F(PipeServerTest, RejectsFragmentOfAnotherCall) {
  BindSrvsvc();
  ASSERT_TRUE(Write(Request(kShareEnum, {1}, pdu_flag::kFirst, 0, 2)));
  EXPECT_FALSE(Write(Request(kShareEnum, {1}, pdu_flag::kLast, 0, 3)));
}

TEST_F(PipeServerTest, RejectsContinuationWithoutBeginning) {
  BindSrvsvc();
  EXPECT_FALSE(Write(Request(kShareEnum, {1}, pdu_flag::kLast)));
}

TEST_F(PipeServerTest, RejectsSecondBeginning) {
  BindSrvsvc();
  ASSERT_TRUE(Write(Request(kShareEnum, {1}, pdu_flag::kFirst)));
  EXPECT_FALSE(Write(Request(kShareEnum, {1}, pdu_flag::kFirst)));
}

TEST_F(PipeServerTest, RejectsRequestAboveTheLimit) {
  BindSrvsvc();
  const Bytes part(30000);
  ASSERT_TRUE(Write(Request(kShareEnum, part, pdu_flag::kFirst)));
  ASSERT_TRUE(Write(Request(kShareEnum, part, 0)));
  EXPECT_FALSE(Write(Request(kShareEnum, part, 0)));
}

TEST_F(PipeServerTest, RejectsRequestBeforeBind) {
  EXPECT_FALSE(Write(FromHex(kShareEnumRequest)));
}

TEST_F(PipeServerTest, RejectsSecondBind) {
  BindSrvsvc();
  EXPECT_FALSE(Write(FromHex(kBind)));
}

TEST_F(PipeServerTest, RejectsAlterContextBeforeBind) {
  EXPECT_FALSE(Write(Bind({{0, kSrvsvcSyntax, {kNdrSyntax}}}, PduType::kAlterContext)));
}

TEST_F(PipeServerTest, RejectsWhatIsNoPdu) { EXPECT_FALSE(Write(Bytes(16, 0x41))); }

TEST_F(PipeServerTest, RejectsClientThatNeverReads) {
  server_ = WithShares(1000);
  BindSrvsvc();
  bool accepted = true;
  size_t writes = 0;
  for (; accepted && writes < 10000; ++writes) accepted = Write(FromHex(kShareEnumRequest));
  EXPECT_FALSE(accepted);
}

TEST_F(PipeServerTest, EachContextIsJudgedAlone) {
  const SyntaxId features = {
      {0x2C, 0x1C, 0xB7, 0x6C, 0x12, 0x98, 0x40, 0x45, 3, 0, 0, 0, 0, 0, 0, 0}, 1, 0};
  // As Windows binds: NDR, NDR64, bind time feature negotiation.
  ASSERT_TRUE(Write(Bind({{0, kSrvsvcSyntax, {kNdrSyntax}},
                          {1, kSrvsvcSyntax, {kNdr64Syntax}},
                          {2, kSrvsvcSyntax, {features}},
                          {3, kWkssvcSyntax, {kNdrSyntax}},
                          {4, kSrvsvcSyntax, {kNdr64Syntax, kNdrSyntax}}})));
  BindAckPdu ack;
  ASSERT_TRUE(BindAckPdu::Decode(ReadAnswer(pipe_), &ack));
  ASSERT_EQ(ack.results.size(), 5u);
  EXPECT_EQ(ack.results[0].result, ContextResult::kAcceptance);
  EXPECT_EQ(ack.results[1].result, ContextResult::kProviderRejection);
  EXPECT_EQ(ack.results[1].reason, ContextReason::kTransferSyntaxesNotSupported);
  EXPECT_EQ(ack.results[1].transfer_syntax, SyntaxId());
  EXPECT_EQ(ack.results[2].result, ContextResult::kNegotiateAck);
  EXPECT_EQ(ack.results[3].result, ContextResult::kProviderRejection);
  EXPECT_EQ(ack.results[3].reason, ContextReason::kAbstractSyntaxNotSupported);
  EXPECT_EQ(ack.results[4].result, ContextResult::kAcceptance);

  const Bytes stub = srvsvc::EncodeShareEnumRequest("SLUICE", 1);
  EXPECT_EQ(FaultOf(Request(kShareEnum, stub, kWhole, 1)), fault_status::kUnknownInterface);
  EXPECT_TRUE(Write(Request(kShareEnum, stub, kWhole, 4)));
}

TEST_F(PipeServerTest, AlterContextAddsOne) {
  BindSrvsvc();
  ASSERT_TRUE(Write(Bind({{7, kSrvsvcSyntax, {kNdrSyntax}}}, PduType::kAlterContext)));
  const Bytes answer = ReadAnswer(pipe_);
  EXPECT_EQ(answer[2], static_cast<uint8_t>(PduType::kAlterContextResponse));
  EXPECT_TRUE(Write(Request(kShareEnum, srvsvc::EncodeShareEnumRequest("S", 1), kWhole, 7)));
}

TEST_F(PipeServerTest, RejectsContextsWithoutEnd) {
  BindSrvsvc();
  bool accepted = true;
  for (uint16_t id = 1; accepted && id < 100; ++id) {
    accepted = Write(Bind({{id, kSrvsvcSyntax, {kNdrSyntax}}}, PduType::kAlterContext));
    if (accepted) ReadAnswer(pipe_);
  }
  EXPECT_FALSE(accepted);
}

TEST_F(PipeServerTest, UnknownOperationFaults) {
  BindSrvsvc();
  EXPECT_EQ(FaultOf(Request(99, {}, kWhole)), fault_status::kOperationRange);
}

TEST_F(PipeServerTest, BadStubFaults) {
  BindSrvsvc();
  EXPECT_EQ(FaultOf(Request(kShareEnum, {1, 2}, kWhole)), fault_status::kBadStubData);
}

TEST_F(PipeServerTest, OrphanedCallIsForgotten) {
  BindSrvsvc();
  ASSERT_TRUE(Write(Request(kShareEnum, {1}, pdu_flag::kFirst)));
  PduHeader orphaned;
  orphaned.type = PduType::kOrphaned;
  orphaned.call_id = 2;
  orphaned.fragment_bytes = kPduHeaderBytes;
  ASSERT_TRUE(Write(Encoded(orphaned)));
  EXPECT_TRUE(Write(Request(kShareEnum, srvsvc::EncodeShareEnumRequest("S", 1), kWhole)));
}

TEST_F(PipeServerTest, SurvivesDamage) {
  for (const char* hex : {kBind, kShareEnumRequest}) {
    DecodeDamaged(FromHex(hex), [this](absl::Span<const uint8_t> bytes) {
      PipeServer pipe(PipeKind::kSrvsvc);
      pipe.Write(FromHex(kBind), server_);
      return pipe.Write(bytes, server_);
    });
  }
}

TEST(FindPipe, WithoutRegardToCase) {
  EXPECT_EQ(FindPipe("srvsvc"), PipeKind::kSrvsvc);
  EXPECT_EQ(FindPipe("\\SrvSvc"), PipeKind::kSrvsvc);
  EXPECT_EQ(FindPipe("WKSSVC"), PipeKind::kWkssvc);
  EXPECT_FALSE(FindPipe("").has_value());
  EXPECT_FALSE(FindPipe("\\").has_value());
  EXPECT_FALSE(FindPipe("srvsvc2").has_value());
  EXPECT_FALSE(FindPipe("srvsv").has_value());
  EXPECT_FALSE(FindPipe("lsarpc").has_value());
}

TEST(PipeServer, WkssvcAnswersItsOwnInterface) {
  PipeServer pipe(PipeKind::kWkssvc);
  ASSERT_TRUE(pipe.Write(Bind({{0, kWkssvcSyntax, {kNdrSyntax}}}), {}));
  BindAckPdu ack;
  ASSERT_TRUE(BindAckPdu::Decode(ReadAnswer(pipe), &ack));
  EXPECT_EQ(ack.results[0].result, ContextResult::kAcceptance);
}

}  // namespace
}  // namespace sluice::proto::rpc
