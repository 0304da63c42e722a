# SPDX-License-Identifier: Apache-2.0
"""Sample values for the style guide: fictional, and long enough to be unkind to the layout."""

from datetime import timedelta

from django import forms
from django.core.paginator import Paginator
from django.utils import timezone

NOMINEES = (
    {
        "id": 1,
        "number": 1,
        "url": "#1",
        "name": "青禾市政务服务中心“一件事”综合窗口",
        "unit": "青禾市行政审批局",
        "category": "综合服务",
        "summary": "把开办企业的六个环节并成一次告知、一表申请、一窗受理，"
        "平均办理时间由三个工作日缩短到四小时；为高龄老人和行动不便的群众上门办理二百余次。",
    },
    {
        "id": 2,
        "number": 2,
        "url": "#2",
        "name": "临江镇便民服务中心",
        "unit": "临江镇人民政府",
        "category": "乡镇街道",
        "summary": "周末不打烊，方言服务到人；医保、社保、农机补贴等六十八项事项不出镇就能办。",
    },
    {
        "id": 3,
        "number": 3,
        "url": "#3",
        "name": "不动产登记“带押过户”专窗",
        "unit": "青禾市自然资源和规划局",
        "category": "专项服务",
        "summary": "与十二家银行联网核验，买卖双方不再垫资解押；"
        "全年办理一千三百余件，未发生一起差错。窗口人员自编图解流程，让第一次办理的群众也看得明白。",
    },
)


class SampleForm(forms.Form):
    """One field of each kind that citizens meet."""

    name = forms.CharField(label="窗口名称", help_text="请填写窗口对外公布的全称。", max_length=60)
    reason = forms.CharField(
        label="推荐理由", widget=forms.Textarea, help_text="写清楚做了什么、谁受益，200 字以内。"
    )
    kind = forms.ChoiceField(
        label="所属类别", choices=[("", "请选择"), ("a", "综合服务"), ("b", "乡镇街道")]
    )
    who = forms.ChoiceField(
        label="您的身份",
        widget=forms.RadioSelect,
        choices=[("self", "办过事的群众"), ("unit", "窗口所在单位")],
    )
    picture = forms.FileField(label="照片", required=False, help_text="一张，5 MB 以内。")
    agree = forms.BooleanField(label="我已阅读并同意《个人信息保护说明》")


def everything() -> dict[str, object]:
    """Return what `ui/styleguide.html` shows."""
    now = timezone.now()
    ranked = [(1, 4821), (2, 4417), (3, 3960), (4, 2204), (5, 1873), (6, 640)]
    names = [*(str(n["name"]) for n in NOMINEES), "云溪街道社区事务受理站", "税务大厅“办问协同”岗"]
    names.append("车管所“警邮合作”点")
    return {
        "office_name": "青禾市政务服务局（示例）",
        "supervision_phone": "0555-12345",
        "trail": [{"title": "十佳政务服务窗口", "url": "#"}, {"title": "候选对象", "url": ""}],
        "stages": [
            {
                "name": "公众推荐",
                "state": "done",
                "opens_at": now - timedelta(days=30),
                "closes_at": now - timedelta(days=16),
                "note": "收到推荐 316 件，合并后 58 个窗口。",
            },
            {
                "name": "资格审核",
                "state": "done",
                "opens_at": now - timedelta(days=16),
                "closes_at": now - timedelta(days=4),
            },
            {
                "name": "微信投票",
                "state": "now",
                "opens_at": now - timedelta(days=3),
                "closes_at": now + timedelta(days=4),
                "note": "每人一票，选 3 至 10 个。",
            },
            {"name": "结果公示", "state": "soon", "opens_at": now + timedelta(days=6)},
        ],
        "nominees": NOMINEES,
        "pictured": {**NOMINEES[0], "picture_url": "/static/ui/logo.svg", "picture_alt": "示例"},
        "filmed": {**NOMINEES[1], "id": 12, "video_url": "/static/ui/none.mp4"},
        "form": SampleForm(),
        "wrong_form": SampleForm({"name": "", "kind": "a"}, auto_id="wrong_%s"),
        "page": Paginator(range(60), 12).page(2),
        "moment": now + timedelta(days=4),
        "stats": [
            {"label": "有效选票", "value": 18234, "unit": "张"},
            {"label": "候选对象", "value": 58, "unit": "个"},
            {"label": "页面阅读", "value": 264310, "unit": "次", "note": "截至今天 10:00"},
            {"label": "距投票结束", "value": 4, "unit": "天"},
        ],
        "bar_rows": [
            {"key": key, "label": name, "values": [votes]}
            for (key, votes), name in zip(ranked, names, strict=True)
        ],
        "donut_rows": [
            {"key": "a", "label": "公众投票", "values": [60]},
            {"key": "b", "label": "专家评审", "values": [30]},
            {"key": "c", "label": "服务指标", "values": [10]},
        ],
        "line_rows": [
            {"key": str(day), "label": f"11-{day}", "values": [votes, votes // 3]}
            for day, votes in zip(
                range(15, 22), (1200, 2100, 3350, 2980, 2410, 3120, 3074), strict=True
            )
        ],
        "columns_votes": ["票数"],
        "columns_weight": ["权重（%）"],
        "columns_days": ["选票", "其中长辈版"],
        "checks": [
            {
                "title": "批准文件",
                "state": "blocked",
                "reason": "表彰类活动需要上传批准文件后才能启动。",
                "source": "评比达标表彰活动管理办法",
                "url": "#",
                "url_text": "去上传",
            },
            {
                "title": "公示期",
                "state": "passed",
                "reason": "入围名单公示 5 个工作日，结果公示 5 个工作日。",
            },
            {
                "title": "图片替代文本",
                "state": "warn",
                "reason": "有 2 张图片的替代文本少于 4 个字。",
                "url": "#",
            },
        ],
    }
