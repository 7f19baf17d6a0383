package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"examcode/internal/action"
	"examcode/internal/exam"
)

type sampleCompany struct {
	account, legal, zone, lang, country, number string
	root, rootMail, member, memberMail          string
	about                                       string
}

var sampleCompanies = []sampleCompany{
	{"星河科技 Xinghe", "星河科技（上海）有限公司", "Asia/Shanghai", "", "CN", "91310000MA1FL0X123", "陈宇 Chen Yu", "chen.yu@xinghe.example", "刘敏 Liu Min", "liu.min@xinghe.example", "root of a busy company: buys and manages codes"},
	{"Brightwater Logistics", "Brightwater Logistics Ltd", "Europe/London", "en", "GB", "09876543", "Grace Bennett", "grace@brightwater.example", "Tom Okafor", "tom@brightwater.example", "root of a company in another time zone"},
	{"Aurora Robotics", "Aurora Robotics Oy", "Europe/Helsinki", "en", "FI", "FI-2233445", "Aino Virtanen", "aino@aurora.example", "Mikko Laine", "mikko@aurora.example", "root of a new company without history"},
}

// sampleNames are examinees; the first ones are offered on the sign-in page.
var sampleNames = strings.Split("李娜 Li Na|Wang Fang 王芳|Samuel Ortiz|𠮷田 翔|Amelia Clarke|张伟|Noah Fischer|赵敏|Priya Raman|Chidiebere Onyekachukwu-Featherstonehaugh the Younger|孙悦|Lucas Moreau|周杰|Hannah Novak|吴磊|Omar Haddad|郑爽|Ella Lindqvist|何静|Mateo Rossi|高明|Zoë Adler|林涛|Ravi Patel|罗琳|Freya Berg|梁晨|Jonas Weber|宋佳|Nina Petrova|唐果|Leo Martin|韩雪|Sofia Duarte|冯强|Adam Kowalski|董洁|Maya Cohen|程浩|Isla Grant|曹颖|Hugo Blanc|袁泉|Lena Vogel|邓超|Emil Sørensen|许晴|Tara Singh|傅红|Ivan Horvat|沈阳|Clara Jensen|曾黎|Oscar Nilsson|彭博|Alice Dubois|吕良|Viktor Nagy|苏醒|Elena Marino", "|")

// people opens the companies and examinees; the verified ones come first.
func (s *seeder) people(ctx context.Context) error {
	staff := s.file.Accounts
	s.file.Accounts = nil
	if err := s.openCompanies(ctx); err != nil {
		return err
	}
	if err := s.openExaminees(ctx); err != nil {
		return err
	}
	s.file.Accounts = append(s.file.Accounts, staff...)
	return s.openUnverified(ctx)
}

func (s *seeder) openCompanies(ctx context.Context) error {
	var in []action.SignUp
	for _, c := range sampleCompanies {
		in = append(in, action.SignUp{Kind: exam.Enterprise, AccountName: c.account, Name: c.root, Email: c.rootMail, Zone: c.zone, Lang: c.lang})
	}
	roots, err := s.signUp(ctx, in)
	if err != nil {
		return err
	}
	for i, c := range sampleCompanies {
		if err := s.verify(ctx, roots[i].ID, exam.Verification{LegalName: c.legal, RegNumber: c.number, Country: c.country}, true); err != nil {
			return err
		}
		root, err := s.identity(ctx, roots[i].ID)
		if err != nil {
			return err
		}
		s.companies = append(s.companies, root)
		if _, err := s.actions.AddPerson(ctx, root, root.Account, exam.Person{Email: c.memberMail, Name: c.member, Role: exam.Member, Rights: exam.ViewCodes | exam.ManageCodes, Lang: c.lang}, demoPassword); err != nil {
			return err
		}
		s.file.Accounts = append(s.file.Accounts,
			demoAccount{Kind: exam.Enterprise, Role: exam.Root, Email: c.rootMail, Password: demoPassword, Name: c.root, Account: c.account, Verified: true, About: c.about},
			demoAccount{Kind: exam.Enterprise, Role: exam.Member, Email: c.memberMail, Password: demoPassword, Name: c.member, Account: c.account, Verified: true})
	}
	s.file.Accounts[1].About = "member: sees and manages codes, cannot buy"
	return nil
}

func (s *seeder) openExaminees(ctx context.Context) error {
	var in []action.SignUp
	for i, name := range sampleNames {
		zone := "Europe/Berlin"
		if i%2 == 0 {
			zone = "Asia/Shanghai"
		}
		in = append(in, action.SignUp{Kind: exam.Individual, Name: name, Email: sampleMail(i, name), Zone: zone})
	}
	people, err := s.signUp(ctx, in)
	if err != nil {
		return err
	}
	about := map[int]string{0: "examinee with a reserved session", 1: "examinee who has not begun", 2: "examinee with results"}
	for i, p := range people {
		v := exam.Verification{LegalName: sampleNames[i], DocumentKind: exam.DocumentKinds[i%3], DocumentNumber: fmt.Sprintf("P%07d", 4400000+i*137)}
		if err := s.verify(ctx, p.ID, v, true); err != nil {
			return err
		}
		a, err := s.identity(ctx, p.ID)
		if err != nil {
			return err
		}
		s.examinees = append(s.examinees, a)
		s.file.Accounts = append(s.file.Accounts, demoAccount{Kind: exam.Individual, Role: exam.Root, Email: in[i].Email, Password: demoPassword, Name: sampleNames[i], Account: sampleNames[i], Verified: true, About: about[i]})
	}
	return nil
}

// sampleMail makes an address from the Latin part of a name.
func sampleMail(i int, name string) string {
	latin := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z':
			return r
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		case r == ' ':
			return '.'
		}
		return -1
	}, name)
	if latin = strings.Trim(latin, "."); len(latin) < 3 || len(latin) > 24 {
		latin = fmt.Sprintf("examinee%02d", i+1)
	}
	return latin + "@people.example"
}

// openUnverified opens accounts for the reviewers' queue and two that have not
// begun.
func (s *seeder) openUnverified(ctx context.Context) error {
	*s.clock = s.end.Add(-70 * time.Hour)
	list := []struct {
		in     action.SignUp
		v      exam.Verification
		sends  bool
		about  string
		reject bool
	}{
		{in: action.SignUp{Kind: exam.Enterprise, AccountName: "Harbor Foods", Name: "Dana Whitfield", Email: "dana@harborfoods.example", Zone: "America/New_York"}, v: exam.Verification{LegalName: "Harbor Foods Inc.", RegNumber: "NY-5512-889", Country: "US"}, sends: true, about: "root of a company that waits for its verification"},
		{in: action.SignUp{Kind: exam.Enterprise, AccountName: "云帆物流", Name: "马超", Email: "ma.chao@yunfan.example", Zone: "Asia/Shanghai"}, v: exam.Verification{LegalName: "云帆国际物流有限公司", RegNumber: "91440300MA5DA77X2K", Country: "CN"}, sends: true},
		{in: action.SignUp{Kind: exam.Individual, Name: "Kenji Watanabe", Email: "kenji@people.example", Zone: "Asia/Tokyo"}, v: exam.Verification{LegalName: "Watanabe Kenji", DocumentKind: "passport", DocumentNumber: "TR4471882"}, sends: true},
		{in: action.SignUp{Kind: exam.Individual, Name: "Marta Silva", Email: "marta@people.example", Zone: "Europe/Lisbon"}, v: exam.Verification{LegalName: "Marta Isabel Silva", DocumentKind: "id_card", DocumentNumber: "12994410 7"}, sends: true},
		{in: action.SignUp{Kind: exam.Individual, Name: "钱多多", Email: "qian@people.example", Zone: "Asia/Shanghai"}, v: exam.Verification{LegalName: "钱多多", DocumentKind: "id_card", DocumentNumber: "31010519900307"}, sends: true, reject: true},
		{in: action.SignUp{Kind: exam.Individual, Name: "Yusuf Demir", Email: "yusuf@people.example", Zone: "Europe/Istanbul"}, v: exam.Verification{LegalName: "Yusuf Demir", DocumentKind: "driving_licence", DocumentNumber: "TR 99120"}, sends: true},
		{in: action.SignUp{Kind: exam.Individual, Name: "Billie Hart", Email: "billie@people.example", Zone: "Europe/London"}, about: "examinee who is not verified"},
		{in: action.SignUp{Kind: exam.Enterprise, AccountName: "Pinewood Studio", Name: "Robin Ashe", Email: "robin@pinewood.example", Zone: "Europe/London"}},
	}
	var in []action.SignUp
	for _, u := range list {
		in = append(in, u.in)
	}
	people, err := s.signUp(ctx, in)
	if err != nil {
		return err
	}
	for i, u := range list {
		*s.clock = s.clock.Add(5 * time.Hour)
		if u.sends {
			if err := s.verify(ctx, people[i].ID, u.v, false); err != nil {
				return err
			}
		}
		if u.reject {
			v, err := s.store.Reader().VerificationsOf(ctx, people[i].Account)
			if err != nil {
				return err
			}
			if err := s.actions.RejectVerification(ctx, s.reviewer, v[0].ID, "unreadable", ""); err != nil {
				return err
			}
		}
		name := u.in.AccountName
		if name == "" {
			name = u.in.Name
		}
		s.file.Accounts = append(s.file.Accounts, demoAccount{Kind: u.in.Kind, Role: exam.Root, Email: u.in.Email, Password: demoPassword, Name: u.in.Name, Account: name, About: u.about})
	}
	return nil
}

// aboutZH is what the sign-in page says of a sample person, in Chinese.
var aboutZH = map[string]string{
	"operator, admin: everything":                       "运营人员（管理员）：全部功能",
	"operator, reviews verifications":                   "运营人员：审核认证",
	"operator, confirms transfers":                      "运营人员：确认汇款",
	"operator, sessions and results":                    "运营人员：场次与成绩",
	"operator, reads the trail":                         "运营人员：查看审计记录",
	"root of a busy company: buys and manages codes":    "业务繁忙的企业主账号：购买并管理考试码",
	"root of a company in another time zone":            "另一时区的企业主账号",
	"root of a new company without history":             "尚无历史数据的新企业主账号",
	"member: sees and manages codes, cannot buy":        "企业成员：可查看和管理考试码，不能购买",
	"examinee with a reserved session":                  "已预约场次的考生",
	"examinee who has not begun":                        "尚未开始的考生",
	"examinee with results":                             "已有成绩的考生",
	"root of a company that waits for its verification": "等待认证审核的企业主账号",
	"examinee who is not verified":                      "尚未认证的考生",
}
