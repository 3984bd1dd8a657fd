-- Macros of which world.py makes its files. A person, an order or a product is a number; all that is told of it is a hash of
-- that number, so that every file can be made alone and the same seed gives the same world.
CREATE MACRO draw(n, salt) AS hash(n * 64 + salt, getvariable('seed'));
CREATE MACRO share(n, salt) AS (draw(n, salt) >> 11)::DOUBLE / 9007199254740992;
CREATE MACRO one_of(n, salt, list) AS list[1 + (draw(n, salt) % len(list))::INTEGER];

-- A few customers buy often, many seldom.
CREATE MACRO customer_of(n, salt) AS floor(getvariable('customers') * pow(share(n, salt), 1.3))::BIGINT;
-- About as many different names as a city has: 70 syllables twice, half of the people with an English name besides.
SET VARIABLE syllables = regexp_split_to_array('Chak Chi Chin Ching Cho Chui Chun Chung Fai Fan Fat Fong Fu Fung Ha Hang Hei Heung Hin Ho Hoi Hon Hung Ka
Kai Kam Kei Kin Kit Kwan Kwok Kwong Lai Lam Lan Lap Lin Ling Lok Long Lung Man Mei Ming Mui Nga Ngan On Pak Ping Po Pui Shan Shing
Shu Shun Sin Siu Suet Sum Sze Tai Tak Tin Ting Tsz Tung Wa Wah Wai Wan Wang Wing Yan Yee Yi Yik Ying Yin Yiu Yu Yuen Yuk Yung', '\s+');
SET VARIABLE english = regexp_split_to_array('Ada Agnes Alan Alex Alice Amy Andrew Angel Anna Annie Anson Anthony Ben Betty Billy Bonnie Brian Carmen Carol
Catherine Cathy Chris Cindy Daisy Daniel David Derek Doris Eddie Edmond Elaine Emily Eric Eva Fanny Fiona Frankie Gary George Gigi Grace
Henry Ivan Ivy Jack Jacky Jason Jenny Jessica Joe John Joyce Karen Kelly Kelvin Ken Kenneth Kevin Kitty Leo Lily Mandy Mark Mary Matthew
Michael Michelle Nancy Patrick Paul Peter Queenie Raymond Ricky Rita Ronald Sally Sam Sandy Simon Stephen Susan Tommy Tony Vicky Victor
Vivian Wendy William Winnie Yvonne', '\s+');
CREATE MACRO given_of(c) AS one_of(c, 2, getvariable('syllables')) || ' ' || one_of(c, 3, getvariable('syllables'));
CREATE MACRO english_of(c) AS CASE WHEN share(c, 4) < 0.5 THEN one_of(c, 5, getvariable('english')) || ' ' ELSE '' END;
CREATE MACRO email_of(c) AS lower(given_of(c)[1:2]) || c || ['@mail.example', '@post.example', '@home.example'][1 + c % 3];
CREATE MACRO phone_of(c) AS '6' || lpad(((c * 7919 + 12345) % 10000000)::VARCHAR, 7, '0');
CREATE MACRO name_of(c) AS english_of(c) || given_of(c) || ' ' || one_of(c, 1, ['Chan', 'Wong', 'Lee', 'Lam', 'Cheung', 'Leung', 'Ng', 'Lau', 'Ho',
    'Cheng', 'Chow', 'Yip', 'Choi', 'Kwok', 'Hui', 'Yeung', 'Tse', 'Law', 'Fung', 'Tang', 'Tsang', 'Wu', 'So', 'Ma', 'Chu', 'Yu', 'Poon']);

-- Numbers from `first` to before `last`, spread evenly over the time from `since` to before `till`.
CREATE MACRO moment(n, first, last, since, till) AS
    since::TIMESTAMP + to_seconds((n - first) * epoch(till::TIMESTAMP - since::TIMESTAMP) // (last - first));

-- Ten lines make four orders: of one, two, three and four lines. One line in two thousand stands there twice.
CREATE MACRO sales(first, last, since, till) AS TABLE
WITH line AS (
    SELECT n, n // 10 * 4 + [0, 1, 1, 2, 2, 2, 3, 3, 3, 3][1 + n % 10] AS o, (draw(n, 21) % 5000)::BIGINT AS sku,
        CASE WHEN share(n, 22) < 0.03 THEN -1 ELSE 1 + (draw(n, 23) % 4)::BIGINT END AS pieces
    FROM (SELECT unnest(CASE WHEN draw(n, 20) % 2000 = 0 THEN [n, n] ELSE [n] END) AS n FROM range(first, last) AS r(n))
), told AS (
    SELECT *, customer_of(o, 10) AS c, one_of(o, 11, ['shop', 'shop', 'web', 'app']) AS way FROM line
)
SELECT
    'L' || lpad(n::VARCHAR, 10, '0') AS LineRef, 'R' || lpad(o::VARCHAR, 10, '0') AS ReceiptNo,
    CASE WHEN draw(o, 12) % 1000 <> 0 THEN CASE WHEN c % 10 = 0 AND way = 'web' THEN 'W' ELSE 'M' END || lpad(c::VARCHAR, 8, '0') END AS MemberNo,
    CASE WHEN draw(o, 12) % 1000 <> 0 AND share(o, 13) < 0.7 THEN email_of(c) END AS MemberEmail,
    'P' || lpad(sku::VARCHAR, 5, '0') AS Article,
    one_of(sku, 14, ['Green tea', 'Small lamp', 'Fresh soap', 'Classic shirt', 'Light bag', 'Long cable', 'Big ball']) AS ArticleName,
    ['Food', 'Beauty', 'Home', 'Electronics', 'Fashion', 'Toys', 'Sport'][1 + sku % 7] AS Department,
    CASE WHEN draw(n, 24) % 5000 = 0 THEN 99999 ELSE pieces END AS Pieces,
    CASE WHEN draw(n, 25) % 5000 <> 0 THEN (pieces * (5 + draw(sku, 17) % 500 + 0.9))::DECIMAL(12, 2) END AS LineTotal,
    moment(o, first // 10 * 4, last // 10 * 4, since, till) AS SoldAt, way AS Outlet,
    CASE WHEN share(o, 18) < 0.02 THEN 'void' ELSE 'paid' END AS State
FROM told;

CREATE MACRO posts(first, last, since, till) AS TABLE
WITH post AS (
    SELECT unnest(CASE WHEN draw(n, 30) % 2000 = 0 THEN [n, n] ELSE [n] END) AS n, customer_of(n, 31) AS c FROM range(first, last) AS r(n)
)
SELECT
    n AS post_ref, strftime(moment(n, first, last, since, till), '%Y-%m-%dT%H:%M:%S+08:00') AS posted, 'T' || c AS writer,
    'fan' || c AS handle, CASE WHEN share(c, 32) < 0.5 THEN name_of(c) ELSE 'fan' || c END AS shown_name,
    CASE WHEN share(c, 32) < 0.5 THEN email_of(c) END AS mail,
    one_of(n, 33, ['Loved', 'Just bought', 'Not sure about', 'Returned', 'Still waiting for', '好鍾意', '等咗好耐']) || ' '
        || one_of(n, 34, ['the tea', 'the new lamp', 'my shirt', 'this bag', 'their app', '呢個袋', '個新鋪頭']) || ' '
        || one_of(n, 35, ['today', 'again', 'with my sister', 'at the shop in Mong Kok', '😀', '多謝', 'thank you']) AS body,
    draw(n, 36) % 50 AS hearts, draw(n, 37) % 8 AS answers
FROM post;

CREATE MACRO tickets(first, last, since, till) AS TABLE
WITH ticket AS (
    SELECT n, customer_of(n, 41) AS c, moment(n, first, last, since, till) AS opened, share(n, 42) < 0.9 AS is_done FROM range(first, last) AS r(n)
)
SELECT
    'K' || n AS case_no, 'C' || lpad(c::VARCHAR, 8, '0') AS cust_no, opened,
    CASE WHEN is_done THEN opened + to_minutes((draw(n, 43) % 6000)::BIGINT) END AS closed, CASE WHEN is_done THEN 'solved' ELSE 'open' END AS state,
    one_of(n, 44, ['phone', 'mail', 'chat']) AS via,
    one_of(n, 45, ['Where is my order?', 'The parcel came open', 'Please change my address', '想退貨', 'I was charged twice']) AS matter
FROM ticket;

-- `again`: one customer in that many of those before `first` is told of once more, with a new town.
CREATE MACRO members(first, last, again, told_on) AS TABLE
SELECT
    'C' || lpad(c::VARCHAR, 8, '0') AS cust_no, name_of(c) AS full_name, email_of(c) AS mail, phone_of(c) AS mobile,
    DATE '1940-01-01' + (draw(c, 51) % 24000)::INTEGER AS born, one_of(c, 52, ['F', 'M']) AS sex,
    one_of(CASE WHEN c < first THEN c + 1 ELSE c END, 53, ['Sha Tin', 'Yuen Long', 'Kwun Tong', 'Eastern', 'Wan Chai', 'Tuen Mun', 'Sai Kung']) AS town,
    one_of(c, 54, ['zh-HK', 'zh-HK', 'en']) AS language, told_on::DATE AS told_on
FROM range(last) AS r(c) WHERE c >= first OR draw(c, 50) % again = 0;
