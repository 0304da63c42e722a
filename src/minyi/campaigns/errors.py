# SPDX-License-Identifier: Apache-2.0
"""Refusals of the selection chain. One section per noun; facts are filled into the sentences."""

from django.utils.translation import gettext_lazy as _

from minyi.core.errors import DomainError, Invalid, NotAllowed, NotFound

# --- Campaigns --------------------------------------------------------------------------------


class CampaignNotFound(NotFound):
    code = "campaign_not_found"
    title = _("没有这个活动")
    sentence = _("您要找的活动不存在，或者尚未发布。")


class WrongStage(DomainError):
    """What was asked belongs to another stage."""

    code = "wrong_stage"
    title = _("不在办理时间内")
    sentence = _("当前环节不能办理这项操作。")
    action = _("请查看活动日程，在规定时间内办理。")


# --- Uploads ------------------------------------------------------------------------------------


class UploadTooLarge(Invalid):
    code = "upload_too_large"
    title = _("文件太大")
    sentence = _("文件超过 %(limit_mb)d MB，没有保存。")
    action = _("请压缩后重新上传，或者改为填写视频链接。")


class UploadNotAPicture(Invalid):
    """Neither name nor claimed type counts: the content is no picture we can decode."""

    code = "upload_not_a_picture"
    title = _("无法识别图片")
    sentence = _("这个文件不是完好的 JPG、PNG 或 WebP 图片，没有保存。")
    action = _("请换一张图片，或者在手机上截图后重新上传。")


class PictureTooManyPixels(Invalid):
    code = "picture_too_many_pixels"
    title = _("图片尺寸过大")
    sentence = _("图片超过 %(limit_million)d00 万像素，没有保存。")
    action = _("请缩小尺寸后重新上传。")


class UploadNotAVideo(Invalid):
    code = "upload_not_a_video"
    title = _("无法识别视频")
    sentence = _("这个文件不是完好的 MP4 视频，没有保存。")
    action = _("请转换为 MP4 格式后重新上传，或者改为填写视频链接。")


class TooManyFiles(Invalid):
    code = "too_many_files"
    title = _("附件太多")
    sentence = _("每份推荐最多 %(pictures)d 张图片和 %(videos)d 个视频，没有保存。")
    action = _("请减少附件后重新提交。")


# --- Nominations --------------------------------------------------------------------------------


class NominationNotFound(NotFound):
    code = "nomination_not_found"
    title = _("没有这份推荐")
    sentence = _("您要找的推荐不存在，或者不属于您的单位。")


class FieldMissing(Invalid):
    code = "field_missing"
    sentence = _("“%(label)s”没有填写，没有保存。")


class FieldTooLong(Invalid):
    code = "field_too_long"
    sentence = _("“%(label)s”最多 %(limit)d 字，现有 %(length)d 字，没有保存。")


class FieldTooShort(Invalid):
    code = "field_too_short"
    sentence = _("“%(label)s”至少 %(limit)d 字，请写明具体事实；没有保存。")


class UnknownCategory(Invalid):
    code = "unknown_category"
    sentence = _("所选类别不属于本次活动，没有保存。")
    action = _("请重新选择类别。")


class UnknownCriterion(Invalid):
    code = "unknown_criterion"
    sentence = _("所填事实对照的标准不属于本次活动，没有保存。")
    action = _("请刷新页面后重新填写。")


class VideoHostNotAllowed(Invalid):
    code = "video_host_not_allowed"
    title = _("不支持这个视频网址")
    sentence = _("视频链接只支持以下网站的 https 网址：%(hosts)s。")
    action = _("请先把视频发布到上述网站，或者直接上传视频文件。")


class InducesSharing(Invalid):
    """W-01…W-04: WeChat blocks pages that ask for sharing or following."""

    code = "induces_sharing"
    title = _("含有诱导分享或关注的内容")
    sentence = _("“%(label)s”中的“%(words)s”属于诱导分享、诱导关注的内容，没有保存。")
    action = _("请删去这些内容后重新提交。")


class TooManyNominations(DomainError):
    code = "too_many_nominations"
    title = _("推荐数量已满")
    sentence = _("每人在一次活动中最多推荐 %(limit)d 个对象，您已经用完。")
    action = _("您可以在“我的推荐”中查看已提交的推荐。")


class AlreadyNominated(DomainError):
    code = "already_nominated"
    title = _("您已推荐过这个对象")
    sentence = _("您已经推荐过“%(name)s”，无需重复提交；先前的推荐有效。")
    action = _("您可以在“我的推荐”中查看审核进度。")


class NominationDecided(DomainError):
    code = "nomination_decided"
    title = _("这份推荐已经办结")
    sentence = _("这份推荐的状态是“%(status)s”，不能再次审核。")
    action = _("请刷新页面查看最新状态。")


class CannotMerge(DomainError):
    code = "cannot_merge"
    title = _("不能合并")
    sentence = _("只能合并到同一活动中另一份待审核的推荐或者候选对象。")
    action = _("请返回列表重新选择。")


class CannotUnmerge(DomainError):
    code = "cannot_unmerge"
    title = _("不能撤销合并")
    sentence = _("这份推荐没有合并，或者合并后的推荐已经办结。")
    action = _("请刷新页面查看最新状态。")


# --- Nominees -----------------------------------------------------------------------------------


class NomineeNotFound(NotFound):
    code = "nominee_not_found"
    title = _("没有这个候选对象")
    sentence = _("您要找的候选对象不存在，或者不属于您的单位。")


class AlternativeMissing(Invalid):
    """无障碍环境建设法 art. 32: a picture comes with words."""

    code = "alternative_missing"
    title = _("缺少替代文本")
    sentence = _("图片和视频必须有替代文本，让看不见的人也知道内容。")
    action = _("请用一句话写明画面内容。")


class TooManyPictures(Invalid):
    code = "too_many_pictures"
    title = _("图片太多")
    sentence = _("每个候选对象最多 %(most)d 张图片，没有保存。")
    action = _("请先移除不用的图片。")


class PictureNotThere(NotFound):
    code = "picture_not_there"
    title = _("没有这张图片")
    sentence = _("这张图片已不在该候选对象的页面上。")
    action = _("请刷新页面查看最新状态。")


class BallotPaperFixed(DomainError):
    code = "ballot_paper_fixed"
    title = _("候选名单已经固定")
    sentence = _("投票已经开始，不能再增加候选对象，也不能改动名称、单位、类别。")
    action = _("事迹、图片等展示内容仍可更正；确需退出的，请办理退出并写明原因。")


class NomineeWithdrawn(DomainError):
    code = "nominee_withdrawn"
    title = _("该对象已经退出")
    sentence = _("该候选对象已经退出，不能再次办理。")
    action = _("请刷新页面查看最新状态。")


class BarredFromAward(DomainError):
    """E-08: units of that level normally do not stand for an award."""

    code = "barred_from_award"
    title = _("不属于表彰对象")
    sentence = _("“%(name)s”属于县级以上党委、政府或者副厅级以上单位，一般不得作为表彰评选对象。")
    action = _("请核对评选范围；只听取意见、不授予称号的，可改用民意征集类活动。")


class PupilsHonour(DomainError):
    """V-04: honours of pupils are not decided by a public net vote."""

    code = "pupils_honour"
    title = _("学生荣誉不得网络投票")
    sentence = _("“%(name)s”可能是中小学生个人，中小学生个人荣誉不得通过面向社会的网络投票产生。")
    action = _("请由学校按规定在校内评选。")


class FiguresFileWrong(Invalid):
    code = "figures_file_wrong"
    title = _("业务数据表有误")
    sentence = _("共 %(count)d 处有误，整份文件没有导入：%(problems)s")
    action = _("请按提示修改后重新导入整份文件。")


class ResultFixed(DomainError):
    code = "result_fixed"
    title = _("结果已经签字")
    sentence = _("监督人员已经对结果签字，不能再改动候选对象、业务数据或者评分。")
    action = _("确有错误的，请监督人员先撤回签字，再重新汇总。")


# --- Jury ---------------------------------------------------------------------------------------


class JurorNotFound(NotFound):
    code = "juror_not_found"
    title = _("没有评审任务")
    sentence = _("您不是这次活动的评审专家，或者活动不存在。")


class NoPost(DomainError):
    code = "juror_without_post"
    title = _("该人员没有岗位")
    sentence = _("评审专家须在某个单位有现任岗位，才能登录评分。")
    action = _("请联系管理员先为其设置岗位。")


class AlreadySeated(DomainError):
    code = "juror_already_seated"
    title = _("已是评审专家")
    sentence = _("该人员已经是本次活动的评审专家。")


class JurorHasScored(DomainError):
    code = "juror_has_scored"
    title = _("已有评分")
    sentence = _("该专家已经评分，不能移出评审组。")
    action = _("请在评分开始前调整评审组。")


class ScoresIncomplete(Invalid):
    code = "scores_incomplete"
    title = _("评分不完整")
    sentence = _("请对每一项标准各打一个 0 至 100 的整数分，没有保存。")


# --- Results ------------------------------------------------------------------------------------


class ResultNotFound(NotFound):
    code = "result_not_found"
    title = _("还没有结果")
    sentence = _("这次活动还没有可以查看的结果。")


class VotingNotOver(DomainError):
    code = "voting_not_over"
    title = _("投票尚未结束")
    sentence = _("投票结束之后才能汇总结果。")
    action = _("请在投票环节结束后办理。")


class ScoringNotOver(DomainError):
    code = "scoring_not_over"
    title = _("专家评分不全")
    sentence = _("还缺专家评分，不能汇总：%(missing)s。")
    action = _("请提醒专家在评审环节结束前完成评分。")


class JuryEmpty(DomainError):
    code = "jury_empty"
    title = _("没有评审专家")
    sentence = _("专家评审权重为 %(weight)d%%，但没有设置评审专家。")
    action = _("请先组成评审组并完成评分。")


class FiguresMissing(DomainError):
    code = "figures_missing"
    title = _("业务数据不全")
    sentence = _("业务数据权重为 %(weight)d%%，以下候选对象还没有数据：%(missing)s。")
    action = _("确需补录或者更正的，请监督人员写明理由后办理。")


class NobodyToRank(DomainError):
    code = "nobody_to_rank"
    title = _("没有候选对象")
    sentence = _("没有可以排名的候选对象。")


class ResultSigned(DomainError):
    code = "result_signed"
    title = _("结果已经签字")
    sentence = _("监督人员已经签字，结果不能重新汇总或者重复签字。")
    action = _("确有错误的，请监督人员先撤回签字。")


class ResultPublished(DomainError):
    code = "result_published"
    title = _("结果已经公布")
    sentence = _("结果已经公布，不能再改动。")


class SignerComputed(DomainError):
    code = "signer_computed"
    title = _("不能由同一人签字")
    sentence = _("汇总结果的人不能对同一结果签字。")
    action = _("请由另一位监督人员签字。")


class SignerScored(DomainError):
    code = "signer_scored"
    title = _("评审专家不能签字")
    sentence = _("您是本活动的评审专家，不能对结果签字。")
    action = _("请由另一位监督人员签字。")


class SupervisorCannotScore(DomainError):
    """Who watches over the result cannot be one of those who make it."""

    code = "supervisor_cannot_score"
    title = _("监督人员不能担任评审专家")
    sentence = _("该人员在主办单位担任监督岗位，须对结果签字，不能同时评分。")
    action = _("请另选评审专家。")


class DigestChanged(DomainError):
    """What lies in the rows now is not what was computed."""

    code = "digest_changed"
    title = _("结果与现有数据不符")
    sentence = _("重新计算得到的摘要与汇总时不同，说明汇总之后数据有变，没有办理。")
    action = _("请重新汇总，核对变动后再办理。")


class FaultsUnexplained(DomainError):
    """Whoever signs over entries that break a rule says why they may stand."""

    code = "faults_unexplained"
    title = _("须说明不符合规则的条目")
    sentence = _("公开账本中有 %(count)d 条不符合规则、没有计入的条目，没有写明监督意见不能签字。")
    action = _("请查明原因，在监督意见中写明后签字；监督意见向社会公开。")


class FaultsUnsigned(DomainError):
    """The recount names other faults than those that were signed over."""

    code = "faults_unsigned"
    title = _("重新计票发现新的问题")
    sentence = _("重新计票发现的不符合规则的条目，与签字时监督人员看到的不同，不能公布。")
    action = _("请撤回签字，重新汇总，由监督人员查明后再签字。")


class ResultUnsigned(DomainError):
    code = "result_unsigned"
    title = _("尚未签字")
    sentence = _("结果须由监督人员签字后才能公布。")
    action = _("请联系监督人员核对并签字。")


class AppealsPromised(DomainError):
    code = "appeals_promised"
    title = _("申诉期未满")
    sentence = _("公开账本首条承诺，选票申诉受理至%(until)s，此前不能公布最终结果。")
    action = _("请在申诉期满后再公布。")


class PublicityNotOver(DomainError):
    """E-01: an award ends only after publicity and objections."""

    code = "publicity_not_over"
    title = _("公示尚未结束")
    sentence = _("表彰评选须在公示环节结束之后才能公布结果。")
    action = _("请在公示期满、异议办结之后公布。")


# --- Set-up, launch, pause --------------------------------------------------------------------


class BlueprintNotFound(NotFound):
    code = "blueprint_not_found"
    title = _("没有这个模板")
    sentence = _("您选择的活动模板不存在。")
    action = _("请在模板列表中重新选择。")


class CampaignInvalid(Invalid):
    """`problems` maps a field to what is wrong with it."""

    code = "campaign_invalid"
    title = _("活动设置有误")
    sentence = _("活动设置没有保存：%(summary)s")


class LaunchBlocked(DomainError):
    """`items` are the blocking items of the checklist that are not met."""

    code = "launch_blocked"
    title = _("还不能发布")
    sentence = _("发布前检查还有 %(count)s 项未通过：%(titles)s。")
    action = _("请按检查清单逐项完善后再发布。")


class AlreadyLaunched(DomainError):
    code = "already_launched"
    title = _("活动已经发布")
    sentence = _("活动已经发布，无需重复操作。")


class NotLaunched(DomainError):
    code = "not_launched"
    title = _("活动尚未发布")
    sentence = _("活动尚未发布，不能办理这项操作。")
    action = _("请先完成发布前检查并发布活动。")


class CampaignCancelled(DomainError):
    code = "campaign_cancelled"
    title = _("活动已经撤销")
    sentence = _("活动已经撤销，不能再作改动。")
    action = _("如需继续，请另行创建活动。")


class EditedMeanwhile(DomainError):
    """`edits` are those of others since the form was opened, `version` is the present one."""

    code = "edited_meanwhile"
    title = _("设置已被他人修改")
    sentence = _("您打开页面之后，有人保存了新的设置；您的修改没有保存，填写的内容都还在。")
    action = _("请核对下列改动；再次保存，将以您填写的内容为准。")


class FieldsFrozen(DomainError):
    """`fields` names what may no longer change."""

    code = "fields_frozen"
    title = _("内容已经锁定")
    sentence = _("以下内容已经锁定，不能修改：%(fields)s。")
    action = _(
        "活动发布后名称和合规材料不再改动，投票开始后规则不再改动；确需变更的，请撤销后重新组织。"
    )


class StageFrozen(DomainError):
    """`stage` has begun or is over, or would move into the past."""

    code = "stage_frozen"
    title = _("日程不能这样调整")
    sentence = _("“%(stage)s”环节不能这样调整：%(why)s")
    action = _("请只调整尚未到来的时间，并说明理由。")


class ReasonNeeded(Invalid):
    code = "reason_needed"
    title = _("请说明理由")
    sentence = _("这项操作会向社会公开，需要说明理由。")
    action = _("请填写理由后重新提交。")


class BallotPaperFrozen(DomainError):
    """`numbers` are nominees that are not on the paper of a vote that has begun."""

    code = "ballot_paper_frozen"
    title = _("选票已经印定")
    sentence = _("投票已经开始，不能再增加候选对象（编号 %(numbers)s）。")
    action = _("投票开始后只能办理候选对象退出。")


class VotingOver(DomainError):
    code = "voting_over"
    title = _("投票已经结束")
    sentence = _("投票已经结束，不能再暂停或恢复。")


# --- Voting -------------------------------------------------------------------------------------


class VotingNotOpen(WrongStage):
    code = "voting_not_open"
    title = _("现在不能投票")
    sentence = _("投票尚未开始、已经暂停或者已经结束。")
    action = _("请查看活动日程，在投票时间内办理。")


class VotingHasNoAccount(DomainError):
    code = "voting_has_no_account"
    title = _("投票入口尚未开通")
    sentence = _("本活动还没有关联公众号，无法确认投票人的身份。")
    action = _("请联系主办单位。")


class IdentityOfAnotherAccount(NotAllowed):
    """The citizen came through another account: there they are another person to us."""

    code = "identity_of_another_account"
    title = _("请从本活动的公众号进入")
    sentence = _("您目前的身份来自其他公众号，本活动只接受从公众号“%(account)s”进入的投票人。")
    action = _("请从该公众号重新进入活动页面。")


class AttemptRefused(NotAllowed):
    code = "attempt_refused"
    title = _("暂时不能投票")
    sentence = _("没有通过身份核验（%(reasons)s）。")
    action = _("请在微信中完整打开本页面后再试；仍有疑问的，请拨打监督电话。")


class TooManyPapers(DomainError):
    code = "too_many_papers"
    status = 429
    title = _("打开投票页面过于频繁")
    sentence = _(
        "您在十分钟内打开投票页面超过 %(limit)d 次，暂时不再发放选票。已经投出的选票不受影响。"
    )
    action = _("请十分钟后再打开；也可以在公众号的对话框中发送“投票”，按提示用号码投票。")


class ProofNotFound(NotFound):
    code = "proof_not_found"
    title = _("没有可以下载的核对凭据")
    sentence = _("在您名下没有这份选票，或者公开账本还没有公开。")
    action = _("请从“我的选票”页面下载；账本的公开时间见“核对投票”页面。")


class CandidatesNotPublic(NotFound):
    code = "candidates_not_public"
    title = _("候选名单尚未公布")
    sentence = _("候选对象正在推荐或者审核中，名单尚未公布。")
    action = _("请查看活动日程，在公布后再来。")


class CandidateNotFound(NotFound):
    code = "candidate_not_found"
    title = _("没有这个候选对象")
    sentence = _("本活动的候选名单中没有这个编号。")
    action = _("请返回候选名单查找。")


# --- Fair play: what may still change once voting or publicity has begun ------------------------


class NotShownLongEnough(DomainError):
    """What would be published was signed too late for the public to have seen and objected (E-01).

    `counted` are the working days, so that anybody can count again.
    """

    code = "not_shown_long_enough"
    title = _("公示时间不足")
    sentence = _(
        "现有结果于%(signed)s签字，晚于公示开始，须自签字次日起重新公示 %(days)d 个工作日"
        "（%(counted)s），至%(until)s止；最早可于%(first)s公布。"
    )
    action = _("请把“结果公示”环节延长至上述日期的工作结束以后，公示期满、异议办结之后再公布。")


class WithdrawalNeedsSupervisor(NotAllowed):
    code = "withdrawal_needs_supervisor"
    title = _("退出须由监督人员办理")
    sentence = _("投票已经开始，候选对象的退出须由监督人员办理。")
    action = _("请把退出的理由和材料交监督人员办理。")


class FiguresFrozen(NotAllowed):
    code = "figures_frozen"
    title = _("业务数据已经锁定")
    sentence = _("投票已经结束，业务数据不再改动。")
    action = _("确需补录或者更正的，请监督人员写明理由后办理。")


class JuryFrozen(NotAllowed):
    code = "jury_frozen"
    title = _("评审组已经锁定")
    sentence = _("投票已经开始，评审组不再调整。")
    action = _("确需调整的，请监督人员写明理由后办理。")


# --- The public log -----------------------------------------------------------------------------


class PaperTooLong(Invalid):
    """Each entry of the public log has a limit (docs/protocol/log-format.md §6.1)."""

    code = "paper_too_long"
    title = _("候选对象太多")
    sentence = _("选票上有 %(candidates)d 个候选对象，公开账本的一条记录最多容纳约 120 个。")
    action = _("请分成几个活动，或者减少候选对象。")


class PaperTooShort(DomainError):
    """Ballots are bound by the rules the log began with: fewer picks would not be counted."""

    code = "paper_too_short"
    title = _("剩余候选对象不足")
    sentence = _(
        "本活动规定每张选票至少选 %(min_picks)d 个，退出后只剩 %(left)d 个候选对象，"
        "而规则已写入公开账本，投票开始后不能更改。"
    )
    action = _("请先暂停投票，由监督人员决定是否撤销活动、按新的规则重新举办。")


class ClosesTooSoon(DomainError):
    """Ballots under way must find the same end in the log and on the paper."""

    code = "closes_too_soon"
    title = _("结束时间太近")
    sentence = _("投票提前结束须至少提前 %(seconds)d 秒设定，以便正在提交的选票按同一时间认定。")
    action = _("请把结束时间再推迟一两分钟；需要立即停止的，请暂停投票。")


class BallotsSealed(DomainError):
    """Nobody can count before two trustees have opened the choices."""

    code = "ballots_sealed"
    title = _("选票尚未开封")
    sentence = _("投票已经结束，选票还没有由受托人开封，不能计票。")
    action = _("请两名受托人持各自的份额，在“选票密钥”页面开封。")


class KeyFixed(DomainError):
    code = "key_fixed"
    title = _("密钥不能更换")
    sentence = _("活动已经发布，选票密钥已向社会公开，不能更换。")
    action = _("有份额遗失的，请用另外两份换发新的份额。")


class RehearsalTooLate(DomainError):
    code = "rehearsal_too_late"
    title = _("投票已经开始")
    sentence = _("投票期间两份份额不得同时输入任何电脑，开封演练须在投票开始前完成。")
    action = _("请妥善保管份额，待投票结束后开封。")


class KeyNotNeeded(DomainError):
    code = "key_not_needed"
    title = _("不需要选票密钥")
    sentence = _("本活动的票数实时公布，选票不加密。")
    action = _("需要选票保密到投票结束的，请先修改票数公布方式。")


class OpeningTooEarly(DomainError):
    code = "opening_too_early"
    title = _("还不能开封")
    sentence = _("投票还没有结束，选票在投票结束后才能开封。")
    action = _("请受托人保管好份额，投票结束后再来开封。")


class LogNotClosed(DomainError):
    code = "log_not_closed"
    title = _("账本正在封账")
    sentence = _("投票刚刚结束，公开账本正在收入最后的选票，封账后才能开封和汇总。")
    action = _("请等候十几秒后再试。")


class ResultNotTheCount(DomainError):
    """What was signed is not what anybody would count from the public log."""

    code = "result_not_the_count"
    title = _("结果与公开账本不符")
    sentence = _("按公开账本重新计票的得数与签字的结果不符（%(candidates)s），不能公布。")
    action = _("请撤回签字，重新汇总后再签字；仍不相符的，请监督人员查明原因。")


# --- Rulings on ballots -------------------------------------------------------------------------


class BallotsUnfit(Invalid):
    """An act that names one ballot in another state would move none (log-format.md §6.3)."""

    code = "ballots_unfit"
    title = _("选票不能这样认定")
    sentence = _("所列 %(count)d 张选票中，有 %(unfit)d 张不存在或者不在可以“%(act)s”的状态。")
    action = _("请核对账本序号；已经认定过的选票请先按程序恢复。")


class NoBallotsNamed(Invalid):
    code = "no_ballots_named"
    title = _("没有列明选票")
    sentence = _("没有写明认定哪些选票，或者序号写法有误。")
    action = _("请填写账本序号，如：12-30, 45。")


class EvidenceUnknown(Invalid):
    code = "evidence_unknown"
    title = _("没有认定依据")
    sentence = _("认定选票必须有存档的依据文件，没有找到这份依据。")
    action = _("请先上传依据文件。")


class RulingNotFound(NotFound):
    code = "ruling_not_found"
    title = _("没有这项认定")
    sentence = _("您要找的选票认定不存在，或者不属于您的单位。")


class RulingDecided(DomainError):
    code = "ruling_decided"
    title = _("这项认定已经办结")
    sentence = _("这项认定的状态是“%(state)s”，不能再次办理。")
    action = _("请刷新页面查看最新状态。")


class ProposalOfAnother(NotAllowed):
    """Only who proposed a ruling takes it back; anybody else turns it down."""

    code = "proposal_of_another"
    title = _("只能撤回本人的意见")
    sentence = _("这项认定由他人提出，您不能撤回。")
    action = _("如不同意，请有确认权限的人员写明理由后退回。")


class ClusterNotFound(NotFound):
    code = "cluster_not_found"
    title = _("没有这个选票群")
    sentence = _("您要找的选票群不存在，或者不属于您的单位。")


class NoClustersChosen(Invalid):
    code = "no_clusters_chosen"
    title = _("没有选中选票群")
    sentence = _("没有选中选票群，或者一次选中的太多（最多 %(most)d 个）。")
    action = _("请在列表中勾选后再提交。")


class ClustersUnfit(Invalid):
    """Of none of the clusters a ballot is in a state that takes this act."""

    code = "clusters_unfit"
    title = _("选票不能这样认定")
    sentence = _("所选选票群中，没有一张选票处于可以“%(act)s”的状态，或者都有认定待确认。")
    action = _("请刷新页面查看最新状态；已经认定无效的选票请先按程序恢复。")


class OpinionClosed(DomainError):
    """An opinion given after a proposal would no longer be blind."""

    code = "opinion_closed"
    title = _("不再征求意见")
    sentence = _("这群选票已有人提出认定或者已经认定，不再征求意见。")
    action = _("如不同意，请在确认时写明理由退回，或者由投票人申诉。")


class OpinionGiven(DomainError):
    code = "opinion_given"
    title = _("您已经提过意见")
    sentence = _("每人对一群选票只提一次意见。")
    action = _("要更改，请先撤回原来的意见；撤回的意见仍留在记录中。")


class OpinionMissing(DomainError):
    code = "opinion_missing"
    title = _("没有可以撤回的意见")
    sentence = _("您还没有提出意见，或者已经撤回。")
    action = _("请刷新页面查看最新状态。")


class OpinionUnclear(Invalid):
    code = "opinion_unclear"
    title = _("没有选择意见")
    sentence = _("意见须是“属刷票”“属正常投票”“无法判断”之一。")
    action = _("请选择一项后再提交。")


class SampleNotFound(NotFound):
    code = "sample_not_found"
    title = _("没有这张盲审选票")
    sentence = _("您要看的盲审选票不存在，或者不属于您的单位。")


class SampleNotForYou(NotAllowed):
    """Who has dealt with a ballot's cluster knows what the engine thinks of it."""

    code = "sample_not_for_you"
    title = _("您须回避")
    sentence = _("您已经判断过这张选票，或者办理过它所在的选票群。")
    action = _("请继续判断下一张。")


class SecondPersonNeeded(NotAllowed):
    """Nobody confirms what they have proposed themselves."""

    code = "second_person_needed"
    title = _("须由另一人办理")
    sentence = _("提出意见的人不能复核、确认自己的意见。")
    action = _("请由另一位有权限的人员办理。")


class BallotsUnderReview(DomainError):
    code = "ballots_under_review"
    title = _("还有选票在核查")
    sentence = _("还有 %(count)d 张选票在核查、%(proposals)d 项认定待确认，结果可能变动。")
    action = _("请先作出认定；逾期未认定的选票会自动恢复计票。")


class ScreeningDue(DomainError):
    """The choices have been opened, and no look has been taken at them yet."""

    code = "screening_due"
    title = _("选票还没有核查完")
    sentence = _("选票开封后须先筛查一遍，发现的异常选票列入核查，之后才能签署结果。")
    action = _("筛查一般需要几分钟，请稍后再试；长时间没有完成的，请联系运维人员查看后台任务。")


class FileDestroyed(NotFound):
    """It went with the identity vault; its hash stays."""

    code = "file_destroyed"
    title = _("文件已经销毁")
    sentence = _("申诉期已满，证明材料和认定依据已随投票人身份资料一并销毁，只保留摘要。")
    action = _("手中有原文件的，可以计算 SHA-256，与保留的摘要比对。")


class RulingEvidenceHidden(DomainError):
    """What screening writes down names the candidate and draws the count over time."""

    code = "ruling_evidence_hidden"
    title = _("依据文件暂不能下载")
    sentence = _("依据文件写有候选对象和得票走势，票数公布之前对工作人员也不公开。")
    action = _("请在票数公布之后下载；在此之前请以选票群页面上的特征为准。")


class AppealNotFound(NotFound):
    code = "appeal_not_found"
    title = _("没有这份申诉")
    sentence = _("您要找的申诉不存在，或者不属于您的单位。")


class NothingToAppeal(DomainError):
    code = "nothing_to_appeal"
    title = _("您的选票正常计票")
    sentence = _("在您名下没有被核查或者认定无效的选票，无需申诉。")
    action = _("请从“我的选票”页面查看选票状态。")


class AlreadyAppealed(DomainError):
    code = "already_appealed"
    title = _("您已经申诉")
    sentence = _("这张选票的申诉已经收到（第 %(number)d 号），无需重复提交。")
    action = _("请在“我的选票”页面查看办理情况。")


class AppealTooLate(DomainError):
    code = "appeal_too_late"
    title = _("申诉期已过")
    sentence = _("申诉应在公示期满之前提出，本次活动的申诉期已经结束。")
    action = _("对结果仍有疑问的，请拨打监督电话反映。")


class AppealDecided(DomainError):
    code = "appeal_decided"
    title = _("这份申诉不能再办理")
    sentence = _("这份申诉的状态是“%(state)s”，不能办理这项操作。")
    action = _("请刷新页面查看最新状态。")


class AppealOfOwnRuling(NotAllowed):
    """Who struck a ballot out does not hear its appeal."""

    code = "appeal_of_own_ruling"
    title = _("您须回避")
    sentence = _("这份申诉针对的选票认定由您提出或者确认，您不能承办或者复核。")
    action = _("请由没有参与这项认定的人员办理。")


class AppealsOpen(DomainError):
    code = "appeals_open"
    title = _("还有申诉没有办结")
    sentence = _("还有 %(count)d 份选票申诉没有办结，不能公布结果。")
    action = _("请先办结申诉。")


# --- Certificates -------------------------------------------------------------------------------


class ResultNotFinal(DomainError):
    """A certificate says what is final; a proposed result is not."""

    code = "result_not_final"
    title = _("结果尚未正式公布")
    sentence = _("证书只能依据正式公布的结果颁发。")
    action = _("请在公示期满、异议办结、结果公布之后再颁发。")


class NobodyToCertify(DomainError):
    code = "nobody_to_certify"
    title = _("没有待颁发的证书")
    sentence = _("入选对象都已有有效的证书，没有需要颁发的。")
    action = _("需要更换的，请先撤销原证书并写明原因，再重新颁发。")


class AwardMissing(Invalid):
    code = "award_missing"
    title = _("没有填写称号")
    sentence = _("表彰评选的证书须写明授予的称号，最多 %(limit)d 个字。")
    action = _("请按批准文件填写称号后再颁发。")


class CharactersMissing(DomainError):
    """A certificate with boxes in a name is worse than none."""

    code = "characters_missing"
    title = _("字体缺字")
    sentence = _("证书所用的字体没有这些字：%(characters)s，没有颁发。")
    action = _("请系统管理员把含有这些字的字体文件放入字体目录（MINYI_FONTS_DIR）后再颁发。")


class CertificateNotFound(NotFound):
    code = "certificate_not_found"
    title = _("没有查到这份证书")
    sentence = _("本平台没有颁发过这个核验码的证书。")
    action = _("请逐字核对核验码；核对无误仍查不到的，证书可能不是真的，请向主办单位反映。")


class CertificateRevoked(DomainError):
    code = "certificate_revoked"
    title = _("证书已经撤销")
    sentence = _("这份证书已经撤销，不再提供下载。")
    action = _("撤销的时间和原因见核验页面。")


# --- Objections ---------------------------------------------------------------------------------


class ObjectionNotFound(NotFound):
    code = "objection_not_found"
    title = _("没有这份异议")
    sentence = _("您要找的异议不存在，或者不属于您。")


class TooManyObjections(DomainError):
    code = "too_many_objections"
    title = _("已有异议正在办理")
    sentence = _("您在本活动中已有 %(limit)d 份异议正在办理。")
    action = _("请等候答复；有新的材料，可以撤回原异议后重新提交。")


class TooManyProofs(Invalid):
    code = "too_many_proofs"
    title = _("材料太多")
    sentence = _("每份异议最多附 %(most)d 个文件，没有提交。")
    action = _("请选择最能说明问题的材料。")


class AnonymousNeedsEvidence(Invalid):
    """An anonymous objection is looked into where its facts can be checked without the person."""

    code = "anonymous_needs_evidence"
    title = _("匿名异议需要材料")
    sentence = _("匿名提出异议须至少附一份可以核查的图片或者文件，没有提交。")
    action = _("请上传材料，或者改为实名提出。")


class ContactIncomplete(Invalid):
    code = "contact_incomplete"
    title = _("联系方式不完整")
    sentence = _("实名提出异议须填写真实姓名和能接通的电话，没有提交。")
    action = _("请补全后重新提交；不愿留下姓名的，可以匿名提出并附材料。")


class UploadNotADocument(Invalid):
    """Neither name nor claimed type counts: the content is no plain PDF."""

    code = "upload_not_a_document"
    title = _("无法识别文件")
    sentence = _("这个文件不是完好的 PDF 文件，或者含有脚本、附件等可以运行的内容，没有保存。")
    action = _("请重新导出为普通 PDF，或者改为上传图片。")


class ObjectionStateWrong(DomainError):
    code = "objection_state_wrong"
    title = _("异议不能这样办理")
    sentence = _("这份异议的状态是“%(state)s”，不能办理这项操作。")
    action = _("请刷新页面查看最新状态。")


class ConcernedPerson(NotAllowed):
    """Who is objected to neither investigates nor decides."""

    code = "concerned_person"
    title = _("您须回避")
    sentence = _("这份异议涉及您经手的事项（%(why)s），须由他人办理。")
    action = _("请由未参与该事项的人员承办、复核。")


class HandlerOnly(NotAllowed):
    """Who objects is for the person who has to call them, and for nobody else."""

    code = "handler_only"
    title = _("只有承办人可以查看")
    sentence = _("异议人的姓名和电话只供承办人核实情况时查看，您不是这份异议的承办人。")
    action = _("需要联系异议人的，请由承办人办理，或者由复核人改派承办人。")


class HandlerUnfit(Invalid):
    code = "handler_unfit"
    title = _("不能指定此人")
    sentence = _("该人员没有办理异议的岗位，或者须对此事项回避。")
    action = _("请另选承办人。")


class RemedyMissing(Invalid):
    code = "remedy_missing"
    title = _("没有写明更正措施")
    sentence = _("认定异议成立，须写明怎样更正；针对候选对象的更正须是对该对象的异议。")
    action = _("请选择更正措施。")


class RemedyNotDone(DomainError):
    code = "remedy_not_done"
    title = _("更正尚未完成")
    sentence = _("更正措施“%(remedy)s”还没有完成，不能办结。")
    action = _("请先完成更正：取消资格、认定选票，并重新汇总结果。")


class ObjectionsOpen(DomainError):
    """R065: objections are handled before a result is final."""

    code = "objections_open"
    title = _("还有异议没有办结")
    sentence = _("还有 %(count)d 份异议没有办结，不能公布结果。")
    action = _("请先办结异议，再公布结果。")


class RemediesOpen(DomainError):
    code = "remedies_open"
    title = _("还有更正没有完成")
    sentence = _("有 %(count)d 份异议成立，更正措施还没有完成，不能公布结果。")
    action = _("请完成更正、重新汇总签字，并在异议页面登记完成。")


# --- Supervision ----------------------------------------------------------------------------------


class ComplaintNotFound(NotFound):
    code = "complaint_not_found"
    title = _("没有这件投诉")
    sentence = _("没有找到这件投诉，查询码可能有误。")
    action = _("请核对提交时得到的网址或者查询码；仍查不到的，请拨打监督电话。")


class TooManyComplaints(DomainError):
    code = "too_many_complaints"
    status = 429
    title = _("提交次数过多")
    sentence = _("同一来源对一次活动最多提交 %(limit)d 件投诉，这一件没有收下。")
    action = _("请在已提交的投诉中补充查看进度，或者直接拨打监督电话。")


class ComplaintAnswered(DomainError):
    code = "complaint_answered"
    title = _("这件投诉已经答复")
    sentence = _("这件投诉已经答复，不能再次办理。")
    action = _("请刷新页面查看最新状态。")


class ComplaintsNotForOrganisers(NotAllowed):
    """Whoever runs the vote does not read complaints about it, whatever other post they hold."""

    code = "complaints_not_for_organisers"
    title = _("不能查看对投票的投诉")
    sentence = _("对投票的投诉只由不承办这项活动的监督人员办理。")
    action = _("请由本单位其他监督人员办理。")


class ComplaintsOpen(DomainError):
    """A signature over unanswered complaints must say why."""

    code = "complaints_open"
    title = _("还有投诉没有答复")
    sentence = _("还有 %(open)d 件对投票的投诉没有答复，没有写明监督意见不能签字。")
    action = _("请先在监督室答复；认为不影响结果的，请在监督意见中写明理由后签字。")


class SignerPublishes(DomainError):
    """Computing, signing and publishing are acts of different people."""

    code = "signer_publishes"
    title = _("须由另一人公布")
    sentence = _("您是这份结果的监督签字人，不能同时公布它。")
    action = _("请由主办人员公布。")


class BallotsUnknown(Invalid):
    code = "ballots_unknown"
    title = _("有的选票没有找到")
    sentence = _("没有找到这些选票：%(names)s。")
    action = _("请核对回执编号或者账本序号；账本公开之前只能用回执编号。")


class LogNotPublicYet(DomainError):
    code = "log_not_public_yet"
    title = _("账本尚未公开")
    sentence = _("票数公布之前不显示账本条数，也不能抽查，以免透露投票进度。")
    action = _("请在票数公布之后办理。")


class TaskRunning(DomainError):
    code = "task_running"
    title = _("正在办理")
    sentence = _("上一次的核验或者抽查还没有完成。")
    action = _("请稍候刷新页面查看进度。")


class SampleOutOfRange(Invalid):
    code = "sample_out_of_range"
    title = _("抽查张数有误")
    sentence = _("每次抽查 %(least)d 至 %(most)d 张选票。")


# --- Evidence -----------------------------------------------------------------------------------


class EvidenceTooEarly(DomainError):
    """The log is not public yet: it tells the turnout."""

    code = "evidence_too_early"
    title = _("现在不能制作证据包")
    sentence = _("票数公布之前，公开账本不对外，证据包也不能制作。")
    action = _("请在票数公布之后制作。")


# --- Reports ------------------------------------------------------------------------------------


class ReportTooEarly(DomainError):
    code = "report_too_early"
    title = _("还不能生成活动报告")
    sentence = _("活动报告包含票数和名次，结果正式公布以后才能生成。")
    action = _("请在公示期满、异议办结、结果公布之后再生成。")


class ReportRunning(DomainError):
    code = "report_running"
    title = _("报告正在生成")
    sentence = _("这个活动的报告正在生成，不必重复提交。")
    action = _("请等候一两分钟；中断的可以从中断处继续。")


class ReportNotFound(NotFound):
    code = "report_not_found"
    title = _("没有这份报告")
    sentence = _("您要找的活动报告不存在，或者还没有生成好。")
