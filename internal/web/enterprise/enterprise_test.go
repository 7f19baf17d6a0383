package enterprise

import (
	"html"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"examcode/internal/exam"
	"examcode/internal/lang"
	"examcode/internal/store"
	"examcode/internal/web/webtest"
)

// Every page, in both languages, to the root of the company.
func TestPages(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		code := func(id exam.CodeID) string { return codes + "/" + id.String() }
		order := func(o exam.Order) string { return orders + "/" + o.ID.String() }
		for _, c := range []struct{ address, en, zh string }{
			{home, "Overview", "概览"},
			{subjects, "Purchase exam codes", "购买考试码"},
			{buyOf(w.cloud.ID), "From 1 to 100,000 codes in one order", "单个订单可购买 1 到 100,000 个"},
			{buyOf(w.data.ID), "From 1 to 40 codes in one order", "单个订单可购买 1 到 40 个"},
			{checkOf(w.cloud.ID, 50), "Pay USD 6,000.00", "支付 6,000.00 美元"},
			{orders, "Order management", "订单管理"},
			{order(w.order), "View exam codes", "查看考试码"},
			{order(w.unpaid), "Close order", "关闭订单"},
			{order(w.transfer), "Transfer details", "转账信息"},
			{order(w.late), "A payment of this order is being checked", "支付结果正在确认"},
			{order(w.unpaid) + "/pay", "Outcome to simulate", "模拟结果"},
			{order(w.unpaid) + "/result", "No payment was begun", "尚未开始支付"},
			{order(w.unpaid) + "/close", "Keep it open", "保留订单"},
			{order(w.transfer) + "/close", "A transfer already on its way", "如已汇款"},
			{order(w.transfer) + "/result", "Waiting for your transfer", "等待您的转账"},
			{order(w.order) + "/receipt", "Receipt for order " + w.order.Number, "订单 " + w.order.Number + " 收据"},
			{order(w.order) + "/result", "8 codes for Cloud Associate are ready.", "“云计算工程师”的 8 个考试码已可使用。"},
			{codes, "Exam code management", "考试码管理"},
			{code(w.unused), "Regenerate", "重新生成"},
			{code(w.replaced), "Earlier texts", "历史考试码"},
			{code(w.bound), "held by Examinee", "持有人：Examinee"},
			{code(w.reserved), "Examinee can cancel the reservation until", "之前取消预约"},
			{code(w.passed), "View results", "查看成绩"},
			{code(w.passed) + "/result", "pass mark 60", "及格分 60"},
			{code(w.failed) + "/result", "Failed", "未通过"},
			{code(w.unused) + "/regenerate", "Keep the old text", "保留原码"},
			{code(w.bound) + "/unbind", "Unbind and give it a new text", "解绑并重新生成"},
			{code(w.unused) + "/reveal", "It is recorded that you looked", "查看记录会保存"},
			{statistics, "Data statistics", "数据统计"},
			{codes + "/export?state=unused", "Exam codes where the state is Unused", "考试码，条件：状态为“未使用”"},
			{statistics + "/export", "All examinees registered", "全部考生"},
			{files, "No files yet. Use Export on any list.", "还没有文件，可在任一列表点击“导出”。"},
		} {
			w.browser(w.root).Get(c.address).Is(200, c.en)
			w.browser(w.root).In(lang.ZH).Get(c.address).Is(200, c.zh)
		}
	})
}

// What is empty says why, and leads on.
func TestEmptyPages(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for _, c := range []struct {
			who        exam.Actor
			address    string
			en, zh, on string
		}{
			{w.other, home, "No codes yet. Three steps to the first exam.", "还没有考试码，三步即可开始。", subjects},
			{w.unverified, home, "Verify your company", "认证企业", verification},
			{w.bare, home, "The root of your account can grant them", "请联系主账号授权", ""},
			{w.other, orders, "No orders yet.", "还没有订单。", subjects},
			{w.other, codes, "No codes yet. Codes appear here the moment an order is paid.", "还没有考试码。", subjects},
			{w.other, statistics, "Nobody has registered with your codes yet.", "还没有人使用您的考试码报名。", codes},
			{w.root, orders + "?number=EC-000000-00000", "No orders match these filters.", "没有符合条件的订单。", orders},
			{w.root, orders + "?subject_id=sub_0000000000001", "No orders match these filters.", "没有符合条件的订单。", orders},
			{w.root, codes + "?state=refunded", "No codes match these filters.", "没有符合条件的考试码。", codes},
			{w.root, codes + "?subject_id=nonsense", "No codes match these filters.", "没有符合条件的考试码。", codes},
			{w.root, statistics + "?attempt=retake", "No examinees match these filters.", "没有符合条件的考生。", statistics},
			{w.root, statistics + "?outcome=failed&exam_type=test_center", "No examinees match these filters.", "没有符合条件的考生。", statistics},
		} {
			a := w.browser(c.who).Get(c.address)
			a.Is(200, c.en)
			if c.on != "" && !strings.Contains(a.Body, `href="`+c.on) {
				t.Errorf("%s leads nowhere", c.address)
			}
			w.browser(c.who).In(lang.ZH).Get(c.address).Is(200, c.zh)
		}
	})
}

// Who is not signed in is led to sign in; other audiences and colleagues without
// the right are refused; another company's things do not exist.
func TestWhoMayCome(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		fill := strings.NewReplacer("{$}", "")
		file := w.asked(w.root)
		bulk, err := w.Actions.DraftBulk(t.Context(), w.root, exam.BulkRegenerate, store.CodeFilter{}, []exam.CodeID{w.unused})
		w.Must(err)
		ids := map[string]string{bulks: bulk.ID.String(), files: file.String(), subjects: w.cloud.ID.String(), orders: w.order.ID.String(), codes: w.unused.String()}
		for _, route := range w.Registry.Routes() {
			address := fill.Replace(route.Pattern)
			foreign := false
			for under, id := range ids {
				if strings.HasPrefix(address, under+"/{id}") {
					address, foreign = strings.Replace(address, "{id}", id, 1), under != subjects
				}
			}
			address = strings.NewReplacer("{id}", "nobody", "{verb}", "send").Replace(address)
			var form url.Values
			if route.Method == "POST" {
				form = url.Values{"quantity": {"1"}, "provider": {"sandbox"}}
				w.Browser().Submit(address, form).Is(401)
			} else {
				w.Browser().Get(address).Goes("/sign-in?next=" + url.QueryEscape(address))
			}
			for _, who := range []exam.Actor{w.anna, w.Admin} {
				w.send(who, address, form).Is(403)
			}
			if foreign {
				w.send(w.other, address, form).Is(404)
			}
			if strings.HasPrefix(address, codes) || strings.HasPrefix(address, statistics) || strings.HasPrefix(address, files) || strings.HasPrefix(address, orders) {
				w.send(w.bare, address, form).Is(403)
			}
			if strings.HasPrefix(route.Policy.Name, "enterprise: manage") || strings.HasPrefix(route.Policy.Name, "enterprise: reveal") || strings.HasPrefix(route.Policy.Name, "enterprise: buy") {
				w.send(w.viewer, address, form).Is(403)
			}
		}
		w.get(w.root, codes+"/cod_0000000000000").Is(404)
		w.get(w.root, orders+"/nonsense").Is(404)
		w.get(w.root, buyOf(1)).Is(404)
	})
}

var (
	stat  = regexp.MustCompile(`(?s)<li class="card">\s*<a href="([^"]*)">\s*<span class="stat-label">[^<]*</span>\s*<strong class="stat-value">([^<]*)</strong>`)
	part  = regexp.MustCompile(`(?s)<rect class="part st-code-(\w+)"[^>]*rx="2".*?<a href="([^"]*)">\s*([\d,]+)`)
	count = regexp.MustCompile(`head-count">([\d,]+)<`)
)

// Each number of the overview is the total of the list it leads to.
func TestS6_NumbersReconcileWithLists(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a := w.get(w.root, home)
		want := map[string]string{}
		for _, m := range stat.FindAllStringSubmatch(a.Body, -1) {
			want[html.UnescapeString(m[1])] = m[2]
		}
		for _, m := range part.FindAllStringSubmatch(a.Body, -1) {
			want[html.UnescapeString(m[2])] = m[3]
		}
		expected := map[string]string{codes: "8", codesOf(stateUsed): "4", statistics: "4", statistics + "?outcome=sat": "2", statistics + "?outcome=passed": "1",
			codesOf("unused"): "4", codesOf("bound"): "1", codesOf("reserved"): "1", codesOf("completed"): "2", codesOf("refunding"): "0", codesOf("refunded"): "0", codesOf("expired"): "0"}
		for address, n := range expected {
			if want[address] != n {
				t.Errorf("overview says %q for %s, want %s", want[address], address, n)
			}
			list := w.get(w.root, address)
			m := count.FindStringSubmatch(list.Body)
			if m == nil || m[1] != n {
				t.Errorf("%s counts %v, overview %s", address, m, n)
			}
			if rows := strings.Count(list.Body, `role="rowheader"`); list.Status != 200 || n != "0" && n != strconv.Itoa(rows) {
				t.Errorf("%s has %d rows, want %s", address, rows, n)
			}
		}
		a.Is(200, "1 bound, 1 reserved, 2 completed", "Pass rate 50.0 % of 2 sat", "3 orders wait for their payment")
	})
}

// What ends within 90 days is told from the day it is true, and is as much as the
// list it leads to has.
func TestS6_WhatEndsSoonIsTold(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.Clock.Set(w.order.RemindAt(90).Add(-time.Microsecond))
		w.signInAgain()
		w.get(w.root, home).Is(200).Unseen("end within 90 days")
		w.Clock.Set(w.order.RemindAt(90))
		a := w.get(w.root, home)
		a.Is(200, "4 unused codes end within 90 days, the first on 4 Mar 2027 (UTC)", "No code was redeemed in the last 90 days. If it stays so, 4 codes will end unused by 4 Mar 2027 (UTC).")
		a.Has(html.EscapeString(codesOf("unused") + "&ends_within=90"))
		w.get(w.root, codesOf("unused")+"&ends_within=90").Is(200, "Rows 1–4 of 4")
	})
}

// S8, S9: the table per subject, with the way to its examinees.
func TestS8_S9_SubjectsLeadToTheirStatistics(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.Buy(w.root, w.data, 2)
		a := w.get(w.root, home)
		a.Is(200, "Cloud Associate 4 2 1 50.0 % of 2 sat, few View details", "Data Engineer 0 0 0 – View details")
		if !strings.Contains(a.Body, `href="`+statisticsOf(w.cloud.ID)+`"`) {
			t.Error("no way to the statistics of the subject")
		}
		w.get(w.root, statisticsOf(w.cloud.ID)).Is(200, "Registrations 4 Sat 2 Passed 1 Pass rate 50.0 % of 2 who sat: few", "Subject: Cloud Associate")
		w.get(w.root, statisticsOf(w.data.ID)).Is(200, "Registrations 0 Sat 0 Passed 0 Pass rate –", "No examinees match")
		w.get(w.root, statistics+"?exam_type=online&attempt=first").Is(200, "Registrations 4 Sat 2 Passed 1", "Exam type: Online proctored", "Attempt: First attempt")
		w.get(w.root, statistics+"?exam_type=online&outcome=passed").Is(200, "Result: Passed", "82", "Rows 1–1 of 1")
	})
}

// S10, S11: an order's row, and the way to exactly its codes.
func TestS10_S11_OrdersAndTheirCodes(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		second, _ := w.Buy(w.root, w.cloud, 2)
		a := w.get(w.root, orders)
		a.Is(200, "All 5", "Awaiting payment 3", "Paid 2", w.order.Number+" Cloud Associate 8 4 unused USD 960.00 Paid 4 Mar 2026 (UTC) 4 Mar 2027 (UTC)", "Rows 1–5 of 5")
		if !strings.Contains(a.Body, `href="`+codesOfOrder(second.Number)+`"`) {
			t.Fatal("no way to the order's codes")
		}
		w.get(w.root, codesOfOrder(second.Number)).Is(200, "All 2", "Order: "+second.Number, "Rows 1–2 of 2")
		w.get(w.root, codesOfOrder(w.order.Number)).Is(200, "All 8", "Unused 4", "Bound 1", "Reserved 1", "Completed 2")
		w.get(w.root, orders+"?state=paid&number="+strings.ToLower(second.Number)).Is(200, "Rows 1–1 of 1")
		w.Clock.Set(w.order.Expires)
		w.signInAgain()
		w.get(w.root, orders+"/"+w.order.ID.String()).Is(200, "Ended")
		w.get(w.root, codesOfOrder(w.order.Number)+"&state=expired").Is(200, "Expired 5", "Rows 1–5 of 5")
	})
}

// S10: orders by when they were paid; a day that cannot be read is refused and
// the list stays.
func TestS10_OrdersByDayOfPayment(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for query, rows := range map[string]string{
			"paid_from=2026-03-04": "Rows 1–1 of 1", "paid_from=2026-03-05": "No orders match", "paid_to=2026-03-04": "Rows 1–1 of 1", "paid_to=2026-03-03": "No orders match",
			"paid_from=" + url.QueryEscape("4 Mar 2026") + "&paid_to=" + url.QueryEscape("2026年3月4日"): "Rows 1–1 of 1", "paid_from=2026-03-01": "Paid from: 1 Mar 2026 (UTC)",
		} {
			w.get(w.root, orders+"?"+query).Is(200, rows)
		}
		w.get(w.root, orders+"?paid_to=05/03/2026").Is(422, "There is a problem", "Enter the day in full", "Rows 1–4 of 4")
	})
}

// The receipt has what an invoice needs; an order that is not paid has none.
func TestReceipt(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		pays, err := w.Read.Payments(t.Context(), w.root.Account, w.order.ID)
		w.Must(err)
		a := w.get(w.root, orderOf(w.order.ID)+"/receipt")
		a.Is(200, "Northwind Certification Ltd 1 Harbour Road VAT NW-1", "Registered name Company Ltd Registration number HRB 12345 Country or region Germany", "Bought by Root",
			"Exam codes for Cloud Associate Subject "+w.cloud.Code+" 8 USD 120.00 USD 960.00", "Amount received USD 960.00",
			"Order number "+w.order.Number, "Paid on 4 Mar 2026, 10:00 (UTC)", "Means of payment Sandbox Reference "+pays[0].Reference)
		w.browser(w.root).In(lang.ZH).Get(orderOf(w.order.ID)+"/receipt").Is(200, "国家或地区 德国", "实收金额 960.00 美元", "“云计算工程师”考试码")
		w.get(w.root, orderOf(w.order.ID)).Has(`href="` + orderOf(w.order.ID) + `/receipt"`)
		w.get(w.root, orderOf(w.unpaid.ID)+"/receipt").Is(409)
		w.get(w.other, orderOf(w.order.ID)+"/receipt").Is(404)
	})
}

// S26: filters of Data statistics, alone and together; the numbers are those of
// the filter.
func TestS26_FiltersOfStatistics(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for query, seen := range map[string][]string{
			"name=EXAM":                             {"Registrations 4 Sat 2 Passed 1", "Name: EXAM"},
			"name=nobody":                           {"Registrations 0", "No examinees match"},
			"outcome=failed":                        {"Rows 1–1 of 1", "Result: Failed"},
			"outcome=absent":                        {"No examinees match", "Result: No-show"},
			"exam_type=test_center":                 {"Registrations 0", "Exam type: Test centre"},
			"attempt=first&outcome=sat":             {"Rows 1–2 of 2", "Attempt: First attempt", "Result: Sat"},
			"sat_from=2026-03-05&sat_to=2026-03-06": {"Registrations 2 Sat 2 Passed 1", "Exam from: 5 Mar 2026 (UTC)", "Exam to: 6 Mar 2026 (UTC)"},
			"sat_from=2026-04-01":                   {"Registrations 0 Sat 0 Passed 0 Pass rate –", "No examinees match"},
			"sat_to=2026-03-01&name=exam":           {"Registrations 0"},
			"":                                      {"How do results develop?", "2 people sat an exam, 1 of them passed, and 0 did not come", "Which subject is weak?", "In Cloud Associate the pass rate is 50.0 % of 2 sat, few", "Mar 2026 1 1 0"},
		} {
			w.get(w.root, statistics+"?"+query).Is(200, seen...)
		}
		w.get(w.root, statistics+"?sat_from=soon&outcome=passed").Is(422, "Enter the day in full", "Rows 1–1 of 1")
	})
}

// S19: filters of the list of codes, alone and together.
func TestS19_FilterCodes(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ending := w.state(t, w.unused).Tail
		old := w.texts[w.replaced]
		for _, c := range []struct {
			query  string
			status int
			texts  []string
		}{
			{"code=" + ending, 200, []string{"Rows 1–1 of 1", "Code: " + ending}},
			{"code=" + url.QueryEscape("••••-••••-••••-"+strings.ToLower(ending)), 200, []string{"Rows 1–1 of 1"}},
			{"code_id=" + w.unused.String(), 200, []string{"Rows 1–1 of 1", "code ending " + ending}},
			{"holder=nobody", 200, []string{"No codes match", "Holder: nobody"}},
			{"order_number=" + url.QueryEscape(w.order.Number[3:9]), 200, []string{"Rows 1–8 of 8"}},
			{"code=" + w.texts[w.unused] + "&state=unused", 303, nil},
			{"code=abc", 422, []string{"There is a problem", "One of the 16 symbols is not right.", "No codes match"}},
			{"state=bound&subject_id=" + w.cloud.ID.String() + "&order_number=" + strings.ToLower(w.order.Number), 200, []string{"Rows 1–1 of 1", "State: Bound", "Subject: Cloud Associate", "Order: " + w.order.Number}},
			{"state=bound&code=" + ending, 200, []string{"No codes match", "Unused 1", "Bound 0"}},
			{"state=nonsense", 200, []string{"Rows 1–8 of 8"}},
		} {
			t.Log(c.query)
			w.get(w.root, codes+"?"+c.query).Is(c.status, c.texts...)
		}
		if a := w.get(w.root, codes+"?code="+old); a.To != codes+"?code_id="+w.replaced.String() || !a.Notice {
			t.Errorf("an earlier text leads to %s, notice %v", a.To, a.Notice)
		}
	})
}

// S19: a whole text finds its code and stays in no address, typed well or not;
// what is not the company's is not told from what nobody has.
func TestS19_WholeTextsStayInNoAddress(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		text := w.texts[w.unused]
		_, foreign := w.Buy(w.other, w.cloud, 1)
		wrong := "0" + text[1:]
		if text[0] == '0' {
			wrong = "1" + text[1:]
		}
		b := w.browser(w.root)
		one := codes + "?code_id=" + w.unused.String()
		for _, typed := range []string{text, strings.ToLower(strings.ReplaceAll(text, "-", " ")), "http://exams.example/redeem?code=" + text} {
			b.Post(codeSearch, "code", typed, "subject_id", "").Goes(one)
			b.Get(codes + "?code=" + url.QueryEscape(typed)).Goes(one)
		}
		b.Post(codeSearch, "code", text, "state", "bound").Goes(one + "&state=bound")
		b.Get(one).Is(200, "Rows 1–1 of 1").Without(text)
		b.Post(codeSearch, "code", "••••-••••-••••-"+text[15:], "order_number", "ec-26").Goes(codes + "?code=" + url.QueryEscape("••••-••••-••••-"+text[15:]) + "&order_number=ec-26")
		for _, none := range []string{foreign[0], "7KD2-M9QX-04TB-K7Q0"} {
			if a := b.Post(codeSearch, "code", none); a.Status == 303 {
				a.Goes(codes + "?code_id=none")
				b.Get(a.To).Is(200, "No codes match", "A text that is not one of your codes")
			}
		}
		b.Post(codeSearch, "code", wrong, "holder", "Li").Is(422, "There is a problem", "One of the 16 symbols is not right.", "Holder: Li").Has(`value="` + wrong + `"`).Lacks("code=" + wrong)
		w.Browser().Get(codes + "?code=" + text + "&state=unused").Goes("/sign-in?next=" + url.QueryEscape(codes+"?state=unused"))
	})
}

// The search field leads straight to the one thing that was meant.
// TestWhatEndsSoon: orders and codes are filtered by the local days until the
// end, as reminders count them; what has ended is not among them.
func TestWhatEndsSoon(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		codes90, orders90 := codes+"?ends_within=90", orders+"?ends_within=90"
		w.Clock.Set(w.order.RemindAt(90).Add(-time.Microsecond))
		w.get(w.root, codes90).Is(200, "Ends within: 90 days", "No codes match")
		w.get(w.root, orders90).Is(200, "No orders match").Without(w.order.Number)
		w.Clock.Set(w.order.RemindAt(90)) // the last day is the 89th from today
		w.get(w.root, codes90).Is(200, "Rows 1–8 of 8", "89 days left")
		w.get(w.root, codes90+"&state=bound").Is(200, "Rows 1–1 of 1", "State: Bound", "Bound 1")
		w.get(w.root, orders90).Is(200, w.order.Number, "Ends within: 90 days")
		w.get(w.root, codes+"?ends_within=60").Is(200, "Ends within: 60 days", "No codes match").Has(`<option value="60" selected`)
		for _, wrong := range []string{"0", "367", "soon", "-1"} {
			w.get(w.root, codes+"?ends_within="+wrong).Is(422, "There is a problem", "Choose a number of days from 1 to 366.")
			w.get(w.root, orders+"?ends_within="+wrong).Is(422, "Choose a number of days from 1 to 366.")
		}
		w.Clock.Set(w.order.Expires)
		clear(w.browsers) // months have passed: people sign in again
		w.get(w.root, codes90).Is(200, "No codes match")
		w.get(w.root, orders90).Is(200).Without(w.order.Number)
	})
}

func TestSearch(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		find := func(q string) webtest.Answer { return w.get(w.root, "/enterprise/search?q="+url.QueryEscape(q)) }
		find(w.texts[w.bound]).Goes(codeOf(w.bound))
		find(" " + strings.ToLower(w.texts[w.bound]) + " ").Goes(codeOf(w.bound))
		find(w.state(t, w.bound).Tail).Goes(codeOf(w.bound))
		find(strings.ToLower(w.order.Number)).Goes(orderOf(w.order.ID))
		find("EC-260101-ZZZZZ").Goes(orders + "?number=EC-260101-ZZZZZ")
		find("").Goes(home)
		find("Li Na").Goes(codes + "?holder=Li+Na")
		if a := find("7KD2-M9QX-04TB-K7QF"); a.Goes(codes) != "" && !a.Notice {
			t.Error("nothing is said about a mistyped text")
		}
		if a := find(w.texts[w.replaced]); a.To != codeOf(w.replaced) || !a.Notice {
			t.Errorf("an earlier text leads to %s, notice %v", a.To, a.Notice)
		}
		w.get(w.other, "/enterprise/search?q="+w.texts[w.bound]).Goes(codes + "?code_id=none")
	})
}

// The pages of a list follow each other without gap or repetition.
func TestPagesOfAList(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.Buy(w.other, w.cloud, 45)
		link := regexp.MustCompile(`href="([^"]*)" rel="(prev|next)"`)
		ids := regexp.MustCompile(`href="` + codes + `/(cod_\w+)"`)
		turn := func(a webtest.Answer, rel string) string {
			for _, m := range link.FindAllStringSubmatch(a.Body, -1) {
				if m[2] == rel {
					return html.UnescapeString(m[1])
				}
			}
			return ""
		}
		var seen []string
		address, texts := codes+"?rows=20", []string{"Rows 1–20 of 45", "Rows 21–40 of 45", "Rows 41–45 of 45"}
		var last webtest.Answer
		for _, text := range texts {
			last = w.get(w.other, address)
			last.Is(200, text)
			for _, m := range ids.FindAllStringSubmatch(last.Body, -1) {
				seen = append(seen, m[1])
			}
			address = turn(last, "next")
		}
		slices.Sort(seen)
		if n := len(slices.Compact(seen)); n != 45 || address != "" {
			t.Errorf("%d codes, then %q", n, address)
		}
		back := w.get(w.other, turn(last, "prev"))
		back.Is(200, "Rows 21–40 of 45")
		w.get(w.other, turn(back, "prev")).Is(200, "Rows 1–20 of 45")
	})
}

// Refused things leave no trace: a page of another sort, not a blank one.
func TestDeadEndsLeadOn(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for address, status := range map[string]int{
			codeOf(w.unused) + "/result": 409, codeOf(w.unused) + "/unbind": 409, codeOf(w.bound) + "/regenerate": 409,
			codeOf(w.reserved) + "/unbind": 409, codeOf(w.passed) + "/unbind": 409, orderOf(w.order.ID) + "/close": 409, orderOf(w.late.ID) + "/close": 409,
		} {
			a := w.get(w.root, address)
			a.Is(status)
			if !strings.Contains(a.Body, "btn-primary") {
				t.Errorf("%s leads nowhere", address)
			}
		}
		w.get(w.root, orderOf(w.order.ID)+"/pay").Goes(orderOf(w.order.ID) + "/result")
	})
}
